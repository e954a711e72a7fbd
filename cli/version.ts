/** The release. The same as in deno.json, which a compiled program does not carry: a test compares. */
export const VERSION = "0.1.0";
