/**
 * The server's end of a connection up to the last frame. Whatever goes wrong, here or in the vault,
 * is a rejection, and whoever drives it closes the connection without a word.
 *
 * Bytes: docs/protocol.md, 5.
 */
import { type Bytes, EMPTY } from "../crypto/bytes.ts";
import type { HandshakeMode, ServerHello } from "../crypto/handshake_layout.ts";
import type { ServerRequest } from "../crypto/handshake_server.ts";
import {
  serverM2,
  serverM4,
  serverM6,
  serverM6Register,
  serverM8,
  serverOnM1,
  serverOnM3,
  serverOnM5,
  serverOnM5Register,
} from "../crypto/handshake_server.ts";
import type { TrafficSecrets } from "../crypto/transcript.ts";
import { decode, encode } from "./codec.ts";
import type { ErrorCode } from "./error_codes.ts";
import { FrameType } from "./frame.ts";
import type { FrameChannel } from "./frame_channel.ts";
import { logReceipt } from "./messages/fields.ts";
import {
  recovery,
  RECOVERY_REFUSED,
  type RecoveryRefusal,
  recoveryStart,
} from "./messages/recovery.ts";
import { type InviteRefusal, registration, registrationStart } from "./messages/registration.ts";
import type { VaultPort } from "./vault_port.ts";

export type ServerHandshakeResult =
  | {
    readonly mode: "register";
    readonly user: string;
    /** Why the invite did not count; null when the user is registered. */
    readonly refused: InviteRefusal | null;
  }
  | {
    readonly mode: "recover";
    readonly user: string;
    /** That the code did not fit; null when the user has a new password. */
    readonly refused: RecoveryRefusal | null;
  }
  | {
    readonly mode: "login";
    readonly user: string;
    readonly secrets: TrafficSecrets;
    /** Why the user, who is who she says, may not have a session; null when she may. */
    readonly refused: ErrorCode | null;
  };

interface Ends {
  readonly channel: FrameChannel;
  readonly vault: VaultPort;
}

/** IDREQ, M1 to M8, or M1 to M6R (a recovery that is refused ends with M4R already). `hello` is asked when M2 is made. */
export async function serverHandshake(
  ends: Ends,
  hello: () => ServerHello,
): Promise<ServerHandshakeResult> {
  const { channel, vault } = ends;
  const { record: serverRecord } = await vault.serverRecord({});
  const m1 = await receiveM1(channel, serverRecord);
  const afterM1 = await serverOnM1({
    serverRecord,
    m1,
    decapsulate: async (keyId, ciphertext) =>
      (await vault.decapsulate({ keyId, ciphertext })).sharedSecret,
  });
  const { m2, afterM2 } = await serverM2(afterM1, hello());
  channel.send(FrameType.M2, m2);

  const request = await serverOnM3(afterM2, await receive(channel, FrameType.M3));
  switch (request.mode) {
    case "login":
      return await login(ends, request);
    case "register":
      return await register(ends, request);
    case "recover":
      return await recover(ends, request);
  }
}

/** What M3 asked for. */
type Asked<Mode extends HandshakeMode> = ServerRequest & { mode: Mode };

async function login(
  { channel, vault }: Ends,
  { user, ticket, request, afterM3 }: Asked<"login">,
): Promise<ServerHandshakeResult> {
  const { ke2 } = await vault.loginStart({ user, ke1: request, ticket });
  const { m4, afterM4 } = await serverM4(afterM3, ke2);
  channel.send(FrameType.M4, m4);

  const { ke3, afterM5 } = await serverOnM5(afterM4, await receive(channel, FrameType.M5));
  const { m6, state } = await serverM6(afterM5, await vault.loginFinish({ ke3 }));
  channel.send(FrameType.M6, m6);

  const m7 = await receive(channel, FrameType.M7);
  const confirmed = await vault.loginConfirm({ state, m7 });
  const { m8, secrets } = await serverM8(confirmed.state);
  channel.send(FrameType.M8, m8);
  return { mode: "login", user: confirmed.user, secrets, refused: confirmed.refused };
}

async function register(
  { channel, vault }: Ends,
  { user, token, request, afterM3 }: Asked<"register">,
): Promise<ServerHandshakeResult> {
  const start = await vault.registerStart({ user, token, request });
  const { m4, afterM4 } = await serverM4(afterM3, encode(registrationStart, start));
  channel.send(FrameType.M4R, m4);

  const m5r = await receive(channel, FrameType.M5R);
  const { payload, afterM5 } = await serverOnM5Register(afterM4, m5r);
  const { refused, receipt } = await vault.registerFinish(decode(registration, payload));
  const { m6r } = await serverM6Register(
    afterM5,
    refused === null
      // An acceptance without a receipt fails here: no client could check it.
      ? { accepted: true, payload: encode(logReceipt, receipt!) }
      : { accepted: false, code: refused },
  );
  channel.send(FrameType.M6R, m6r);
  return { mode: "register", user, refused };
}

async function recover(
  { channel, vault }: Ends,
  { user, auth, request, afterM3 }: Asked<"recover">,
): Promise<ServerHandshakeResult> {
  const start = await vault.recoverStart({ user, auth, request });
  const { m4, afterM4 } = await serverM4(afterM3, encode(recoveryStart, start));
  channel.send(FrameType.M4R, m4);
  if (start.bundle === null) return { mode: "recover", user, refused: RECOVERY_REFUSED };

  const m5r = await receive(channel, FrameType.M5R);
  const { payload, afterM5 } = await serverOnM5Register(afterM4, m5r);
  const { accepted } = await vault.recoverFinish(decode(recovery, payload));
  const { m6r } = await serverM6Register(
    afterM5,
    accepted ? { accepted, payload: EMPTY } : { accepted, code: RECOVERY_REFUSED },
  );
  channel.send(FrameType.M6R, m6r);
  return { mode: "recover", user, refused: accepted ? null : RECOVERY_REFUSED };
}

/** M1, before which a client may ask for the server record, once. */
async function receiveM1(channel: FrameChannel, serverRecord: Bytes): Promise<Bytes> {
  const first = await channel.receive(FrameType.IDREQ, FrameType.M1);
  channel.assertNothingWaits();
  if (first.type === FrameType.M1) return first.body;
  channel.send(FrameType.IDREC, serverRecord);
  return await receive(channel, FrameType.M1);
}

/** A client that says more than its turn allows is one that we do not know. */
async function receive(channel: FrameChannel, type: FrameType): Promise<Bytes> {
  const { body } = await channel.receive(type);
  channel.assertNothingWaits();
  return body;
}
