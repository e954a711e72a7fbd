/**
 * Replacing what opens an account: the one way in which all changes are made. A change is planned
 * on the newest bundle, signed with the key that is current until then, and taken by the server
 * whole or not at all. Broken off, it is looked for in the bundle of the next login before it is
 * made again; overtaken by another device, it is planned anew.
 */

import type { Bytes } from "../../crypto/bytes.ts";
import { signedCredentials } from "../../crypto/credentials.ts";
import { openBundle } from "../../crypto/key_bundle.ts";
import { ServerError } from "../../protocol/error_codes.ts";
import {
  changeCredentials as message,
  type ChangeCredentialsReply,
} from "../../protocol/messages/change_credentials.ts";
import {
  type Access,
  type AccessChange,
  isSameSealing,
  openAccess,
  sealChanged,
} from "../access.ts";
import type { OwnDevice } from "../device_store.ts";
import type { CaredAccount } from "./cared_account.ts";

/** How often in a row another device may be faster. */
const MAX_TRIES = 5;

/** What is to be different; what is left out stays. */
export interface PlannedChange extends AccessChange {
  /** The OPAQUE registration record that goes with `exportKey`. */
  readonly record?: Bytes;
  /** What goes with `recoveryCode`: `recoveryAuthHash` of its proof, 32 bytes. */
  readonly recoveryHash?: Bytes;
  /** The identity record that goes with the new keys of `bundle`. */
  readonly identity?: Bytes;
  /** This device among those of `bundle`; as before unless given. */
  readonly device?: OwnDevice | null;
}

type Requester = Parameters<Parameters<CaredAccount["withAccess"]>[0]>[0];

/** Decides what to change, on what is there; null: nothing is to be done any more. */
export type Plan = (access: Access, session: Requester) => Promise<PlannedChange | null>;

/**
 * Makes a change, durably.
 *
 * @returns The server's receipt; null when the change needs none, was not to be made, or was found
 *   made already.
 * @throws {ServerError} `conflict` when other devices are faster again and again.
 */
export async function changeCredentials(
  account: CaredAccount,
  plan: Plan,
): Promise<ChangeCredentialsReply["receipt"]> {
  const sent: Bytes[] = [];
  for (let tries = 1;; tries++) {
    try {
      return await account.withAccess((session, access) => {
        // Its acknowledgement was lost with a connection, and the account has adopted it since.
        if (sent.some((bundle) => isSameSealing(bundle, access.sealed))) {
          return Promise.resolve(null);
        }
        return change(account, { session, access, plan, sent });
      });
    } catch (error) {
      const overtaken = error instanceof ServerError && error.code === "conflict";
      if (!overtaken || tries === MAX_TRIES) throw error;
      await account.reopen();
    }
  }
}

async function change(
  account: CaredAccount,
  { session, access, plan, sent }: {
    session: Requester;
    access: Access;
    plan: Plan;
    sent: Bytes[];
  },
): Promise<ChangeCredentialsReply["receipt"]> {
  const planned = await plan(access, session);
  if (planned === null) return null;
  const { user, realm } = account;
  const bundle = sealChanged({ realm, user }, access, planned);
  const { record = null, recoveryHash = null, identity = null } = planned;
  const fields = { record, recoveryHash, identity, bundle };
  const signed = signedCredentials({ user, version: access.version + 1, ...fields });
  const signature = await access.keys.signer.sign("credentials", signed);
  // What the account will be is ready before it is asked for: nothing may fail in between.
  const after = await changed({ user, realm }, { access, planned, bundle });
  sent.push(bundle);
  const { receipt } = await session.request(message, { ...fields, signature });
  account.adopt(after);
  return receipt;
}

/** The bundle to be sent, opened as the next login would: a last check that it can be. */
function changed(
  { user, realm }: { user: string; realm: Bytes },
  { access, planned, bundle: sealed }: { access: Access; planned: PlannedChange; bundle: Bytes },
): Promise<Access> {
  const exportKey = planned.exportKey ?? access.exportKey;
  const device = planned.device === undefined ? access.device : planned.device;
  const opened = openBundle({
    ...{ realm, user, sealed, exportKey },
    ...device === null ? {} : { device },
  });
  return openAccess(opened, { sealed, exportKey, device });
}
