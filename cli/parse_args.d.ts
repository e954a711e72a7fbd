/** Declarations for the part of @std/cli that we use (npm package `deno-std`, which has none). */

export interface ParseOptions {
  /** Gather what follows `--` under the key `--` instead of among the positional values. */
  "--"?: boolean;
  /** Names that are always booleans. */
  boolean?: readonly string[];
  /** Names that are always strings; `_` for the positional values. */
  string?: readonly string[];
  /** Names whose values are gathered in an array. */
  collect?: readonly string[];
}

export interface Args {
  /** The positional values. */
  _: string[];
  /** What followed `--`, with the option of that name. */
  "--"?: string[];
  [name: string]: unknown;
}

export function parseArgs(args: readonly string[], options?: ParseOptions): Args;
