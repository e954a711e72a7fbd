/**
 * What the handshake's two ends have in common: the state between two messages, and that every
 * failure is the same failure.
 */

import { HandshakeError } from "./errors.ts";
import type { Transcript } from "./transcript.ts";

/**
 * Where one end stands. The name is part of the type, so a step can only follow the one before it,
 * and a state can be taken once, so no step can be repeated.
 */
export class HandshakeStep<Name extends string, Extra = null> {
  readonly name: Name;
  #inside: { transcript: Transcript; extra: Extra } | null;

  constructor(name: Name, transcript: Transcript, extra: Extra) {
    this.name = name;
    this.#inside = { transcript, extra };
  }

  /** Gives up the state. Throws HandshakeError the second time. */
  take(): { transcript: Transcript; extra: Extra } {
    const inside = this.#inside;
    if (inside === null) throw new HandshakeError();
    this.#inside = null;
    return inside;
  }
}

/**
 * Does one step with what the peer sent. Whatever goes wrong becomes a HandshakeError without a
 * cause: wrong tag, wrong form, key that cannot be used.
 */
export async function handshakeStep<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch {
    throw new HandshakeError();
  }
}
