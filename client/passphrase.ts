/** Generated pass phrases. */

/** Six words drawn from a list of thousands, joined by "-": at least 70 bits. */
export function generatePassphrase(): Promise<string> {
  throw new Error("skeleton");
}
