/** All vectors, made by the product's own code under fixed randomness. */
import { passwordReady } from "../../crypto/password_identifiers.ts";
import { makeAccount } from "./account.ts";
import { type Draw, withFixedRandomness } from "./fixed_randomness.ts";
import { makeLog } from "./log.ts";
import { makeLogin } from "./login.ts";
import { makeMail } from "./mail.ts";
import type { StoredKeys } from "./people.ts";
import { makeRecovery } from "./recovery.ts";
import { makeRegistration } from "./registration.ts";
import type { Values } from "./values.ts";

/** The content of a vector file. */
export interface VectorFile {
  /** What it shows, and which sections of docs/protocol.md say how. */
  readonly about: string;
  /** What the fixed randomness is derived from: see fixed_randomness.ts. */
  readonly seed: string;
  readonly values: Values;
  /** All randomness that was used, in order. */
  readonly draws: readonly Draw[];
}

export const VECTOR_FILES = [
  "registration",
  "login",
  "recovery",
  "mail",
  "log",
  "account",
] as const;
export type VectorFileName = typeof VECTOR_FILES[number];

/** Makes one vector. `registration` is what a login and a recovery build on. */
export async function makeVector(
  name: VectorFileName,
  keys: StoredKeys,
  registration: () => Promise<Values>,
): Promise<VectorFile> {
  await passwordReady();
  const seed = `mailsec vector ${name}`;
  const account = name === "login" || name === "recovery" ? await registration() : {};
  const makers: Readonly<Record<VectorFileName, { about: string; make: () => Promise<Values> }>> = {
    registration: {
      about: "A registration, M1 to M6R (sections 3, 4, 5, 8.1, 8.3, 9, 12.1, 13).",
      make: () => makeRegistration(keys),
    },
    login: {
      about: "A login of the user of registration.json, M1 to M8 and records (sections 4 to 9).",
      make: () => makeLogin(keys, account),
    },
    recovery: {
      about: "A recovery of the user of registration.json, M1 to M6R (sections 4, 5, 8.4, 9).",
      make: () => makeRecovery(keys, account),
    },
    mail: {
      about: "A mail from alice to bob, copy to carol, and bob's sealed entry (sections 10, 11).",
      make: () => makeMail(keys),
    },
    log: {
      about:
        "Server record, identities, grants, vouch, key log and invites (sections 2, 3, 12, 13).",
      make: () => makeLog(keys),
    },
    account: {
      about: "Recovery and enrolment codes, key bundle, account state, changes (sections 8.4, 9).",
      make: () => makeAccount(keys),
    },
  };
  const { about, make } = makers[name];
  const { result, draws } = await withFixedRandomness(seed, make);
  return { about, seed, values: result, draws };
}
