/**
 * The worker in which a password becomes keys. Argon2id takes 64 MiB there, which WebAssembly never
 * gives back and which hold what the password was turned into: all of it ends with the worker.
 */

import { FormatError } from "../crypto/errors.ts";
import { finishLogin, finishRegistration } from "../crypto/password_client.ts";
import { passwordReady } from "../crypto/password_identifiers.ts";
import type { PasswordAnswer, PasswordOrder } from "./password_work.ts";

/** What this file uses of the worker's scope. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<PasswordOrder>) => void) | null;
  postMessage(answer: PasswordAnswer): void;
}

const scope = globalThis as unknown as WorkerScope;

scope.onmessage = async ({ data }) => {
  await passwordReady();
  scope.postMessage(answerTo(data));
};

function answerTo({ step, owner, state, message }: PasswordOrder): PasswordAnswer {
  const finish = step === "login" ? finishLogin : finishRegistration;
  try {
    return { finished: finish(owner, { state }, message) };
  } catch (error) {
    if (error instanceof FormatError) return { malformed: error.message };
    throw error;
  }
}
