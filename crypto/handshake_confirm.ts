/**
 * The last proof of a login, done where the user's secret is known and nowhere else. A thread that
 * was taken over can bring any state it likes: without the secret, which only the holder of the
 * user's private key can decapsulate, it cannot bring an M7 that fits.
 *
 * Bytes: docs/protocol.md, 5.
 */

import { type Bytes, equalBytes } from "./bytes.ts";
import { HandshakeError } from "./errors.ts";
import { M7_BYTES } from "./handshake_layout.ts";
import { FINISHED_CLIENT, KEY_USER_STATIC } from "./labels.ts";
import { Transcript, type TranscriptState } from "./transcript.ts";

export type LoginConfirmation = { ok: true; state: TranscriptState } | { ok: false };

/**
 * Verifies M7.
 *
 * @param input `state` from serverM6; `userSecret`, ssU, as encapsulated to the user's key (wiped);
 * `m7`, the frame's body
 * @returns the state to make M8 from, or that the client is not the user
 */
export async function confirmLogin(
  { state, userSecret, m7 }: { state: TranscriptState; userSecret: Bytes; m7: Bytes },
): Promise<LoginConfirmation> {
  try {
    if (m7.length !== M7_BYTES) return { ok: false };
    const transcript = Transcript.restore(state);
    transcript.mixKey(KEY_USER_STATIC, userSecret);
    const expected = transcript.finishedMac(FINISHED_CLIENT);
    if (!equalBytes(await transcript.open(m7), expected)) return { ok: false };
    return { ok: true, state: transcript.exportState() };
  } catch (error) {
    if (error instanceof HandshakeError) return { ok: false };
    throw error;
  }
}
