/** The problems that several readers find. */

import type { Place, TransferProblem } from "./types.ts";

/** A mail that is larger than the server takes. */
export function tooLarge(place: Place, bytes: number): TransferProblem {
  const size = bytes.toLocaleString("en");
  return { kind: "problem", place, reason: `it is larger than the server takes: ${size} bytes` };
}
