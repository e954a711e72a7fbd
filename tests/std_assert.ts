/**
 * @std/assert, with types. The npm build of the Deno standard library carries no declarations, so
 * the functions that our tests use are declared once, in `std_assert.d.ts`.
 */
// @ts-types="./std_assert.d.ts"
export * from "deno-std/assert";
