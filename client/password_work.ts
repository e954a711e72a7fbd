/**
 * The costly second steps of crypto/password_client.ts, in a worker of their own without any
 * permission: what Argon2id needs of memory is free again afterwards, and meanwhile the terminal and
 * the connection are served.
 */

import type { Bytes } from "../crypto/bytes.ts";
import { FormatError } from "../crypto/errors.ts";
import type {
  finishLogin,
  finishRegistration,
  PasswordOwner,
  PasswordState,
} from "../crypto/password_client.ts";

export type FinishedLogin = ReturnType<typeof finishLogin>;
export type FinishedRegistration = ReturnType<typeof finishRegistration>;

/** What the worker is to do. */
export interface PasswordOrder extends PasswordState {
  readonly step: "login" | "registration";
  readonly owner: PasswordOwner;
  /** The server's OPAQUE message. */
  readonly message: Bytes;
}

export type PasswordAnswer =
  | { readonly finished: FinishedLogin | FinishedRegistration }
  | { readonly malformed: string };

/** See `finishLogin` of crypto/password_client.ts. @throws {FormatError} */
export async function finishLoginApart(
  { realm, user, password }: PasswordOwner,
  { state }: PasswordState,
  message: Bytes,
): Promise<FinishedLogin> {
  const owner = { realm, user, password };
  return await workApart({ step: "login", owner, state, message }) as FinishedLogin;
}

/** See `finishRegistration` of crypto/password_client.ts. @throws {FormatError} */
export async function finishRegistrationApart(
  { realm, user, password }: PasswordOwner,
  { state }: PasswordState,
  message: Bytes,
): Promise<FinishedRegistration> {
  const owner = { realm, user, password };
  return await workApart({ step: "registration", owner, state, message }) as FinishedRegistration;
}

async function workApart(order: PasswordOrder): Promise<FinishedLogin | FinishedRegistration> {
  const worker = new Worker(new URL("./password_worker.ts", import.meta.url), {
    type: "module",
    deno: { permissions: "none" },
  });
  try {
    const { promise, resolve, reject } = Promise.withResolvers<PasswordAnswer>();
    worker.onmessage = ({ data }: MessageEvent<PasswordAnswer>) => resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(`The worker for passwords has ended: ${event.message}`));
    };
    worker.postMessage(order);
    const answer = await promise;
    if ("malformed" in answer) throw new FormatError(answer.malformed);
    return answer.finished;
  } finally {
    worker.terminate();
  }
}
