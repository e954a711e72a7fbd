/**
 * Which server is the right one: the pin where there is one, the invite or somebody's
 * decision where there is none yet. Nothing secret is sent before this is settled.
 */

import { fromHex, toHex } from "../crypto/bytes.ts";
import { FormatError } from "../crypto/errors.ts";
import { fingerprintOf, formatFingerprint } from "../crypto/fingerprint.ts";
import type { Invite } from "../crypto/invite.ts";
import { verifyInviteServer } from "../crypto/invite.ts";
import {
  parseServerRecord,
  type ServerRecord,
  verifyServerRecord,
} from "../crypto/server_record.ts";
import { TrustError } from "../crypto/trust_error.ts";
import { addressText, type ServerAddress } from "./address.ts";
import { systemClock } from "./clock.ts";
import type { ConfigStore, PinnedServer } from "./config_store.ts";
import type { Connection } from "./connection.ts";
import { asConnectError } from "./connect_problem.ts";
import { ConnectError } from "./errors.ts";

/** A server that this client has never met, for somebody to decide about. */
export interface UnknownServer {
  readonly host: string;
  readonly port: number;
  /** Fingerprint of its root key as people compare it: Crockford base32 in groups of four. */
  readonly fingerprint: string;
}

/** What vouches for a server that is not pinned yet. */
export type Introduction =
  | { readonly by: "invite"; readonly invite: Invite }
  | { readonly by: "user"; confirm?(server: UnknownServer): Promise<boolean> };

/** A record that was verified; `known` when it is of the pinned server. */
export interface CheckedServer {
  readonly record: ServerRecord;
  readonly known: boolean;
}

/**
 * Fetches the server's record over a fresh connection and verifies it, against the pin when there
 * is one. A newer record of the pinned server is remembered.
 *
 * @throws {TrustError} {ConnectError}
 */
export async function fetchRecord(
  connection: Connection,
  address: ServerAddress,
  config: ConfigStore,
): Promise<CheckedServer> {
  const bytes = await asConnectError(address, connection.link.serverRecord());
  const record = parseRecord(bytes, address);
  const pin = await config.pinnedServer(address);
  try {
    await verifyServerRecord(record, {
      now: systemClock.now(),
      ...(pin === null ? {} : { pinned: pinBytes(pin) }),
    });
  } catch (error) {
    throw explained(error, { record, pin, address, path: config.pinPath(address) });
  }
  if (pin !== null && record.seq > pin.seq) await config.pinServer(address, pinOf(record));
  return { record, known: pin !== null };
}

/**
 * Settles the trust in a server that is not pinned, and pins it.
 *
 * @throws {TrustError} `invite_mismatch`; `server_unknown` when there is nobody to ask or the
 *   answer was no.
 */
export async function introduce(
  record: ServerRecord,
  { address, config, introduction }: {
    address: ServerAddress;
    config: ConfigStore;
    introduction: Introduction;
  },
): Promise<void> {
  const fingerprint = fingerprintOf(record.signingKey);
  if (introduction.by === "invite") {
    verifyInviteServer(introduction.invite, { fingerprint });
  } else {
    const shown = formatFingerprint(fingerprint);
    const accepted = await introduction.confirm?.({ ...address, fingerprint: shown });
    if (accepted !== true) throw notTrusted(address, shown, accepted === undefined);
  }
  await config.pinServer(address, pinOf(record));
}

function parseRecord(bytes: Uint8Array<ArrayBuffer>, address: ServerAddress): ServerRecord {
  try {
    return parseServerRecord(bytes);
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    throw new ConnectError("no_server", `${addressText(address)} is not a mailsec server.`, {
      hint: "Check the host and the port.",
      cause,
    });
  }
}

function pinOf(record: ServerRecord): PinnedServer {
  return {
    realm: toHex(record.realm),
    rootFingerprint: toHex(fingerprintOf(record.signingKey)),
    seq: record.seq,
  };
}

function pinBytes(pin: PinnedServer) {
  return {
    realm: fromHex(pin.realm),
    rootFingerprint: fromHex(pin.rootFingerprint),
    seq: pin.seq,
  };
}

/** For a changed server: both fingerprints, and the one deliberate way to trust the new one. */
function explained(
  error: unknown,
  { record, pin, address, path }: {
    record: ServerRecord;
    pin: PinnedServer | null;
    address: ServerAddress;
    path: string;
  },
): unknown {
  if (!(error instanceof TrustError) || error.code !== "server_changed" || pin === null) {
    return error;
  }
  const known = formatFingerprint(fromHex(pin.rootFingerprint));
  const now = formatFingerprint(fingerprintOf(record.signingKey));
  return new TrustError(
    "server_changed",
    `The server at ${addressText(address)} is not the one this client knows. ` +
      `Known fingerprint: ${known}. Its fingerprint now: ${now}. Nothing was sent to it.`,
    {
      hint:
        "Somebody may be posing as the server. Ask its administrator, not by mail; only if the " +
        `new fingerprint is confirmed, remove "${path}" and connect again.`,
    },
  );
}

function notTrusted(address: ServerAddress, shown: string, nobodyAsked: boolean): TrustError {
  const where = `the server at ${addressText(address)}, fingerprint ${shown}`;
  return nobodyAsked
    ? new TrustError("server_unknown", `This client does not know ${where}.`, {
      hint: "Compare the fingerprint with the one its administrator has; then use --yes.",
    })
    : new TrustError("server_unknown", `You did not trust ${where}.`, {
      hint: "Ask its administrator for the fingerprint, or for an invite.",
    });
}
