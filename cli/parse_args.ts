/** @std/cli's parseArgs, with types: the npm build of the standard library carries none. */
// @ts-types="./parse_args.d.ts"
export { parseArgs } from "@std/cli/parse-args";
