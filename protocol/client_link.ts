/**
 * The client's end of one connection, from the first frame to the last record: bytes come in with
 * `push`, leave through `write`. What needs the password or the user's keys is asked of the caller.
 */
import type { Bytes } from "../crypto/bytes.ts";
import { HandshakeError } from "../crypto/errors.ts";
import type { ClientAfterM2, ClientAfterM4 } from "../crypto/handshake_client.ts";
import {
  clientM3,
  clientM5,
  clientM5Register,
  clientM7,
  clientOnM2,
  clientOnM4,
  clientOnM6,
  clientOnM6Register,
  clientOnM8,
  clientStart,
} from "../crypto/handshake_client.ts";
import type {
  ClientRequest,
  RegistrationMode,
  RegistrationResult,
  ServerHello,
} from "../crypto/handshake_layout.ts";
import type { Clock } from "../crypto/tick.ts";
import { releaseOnTick } from "../crypto/tick.ts";
import type { ClientSessionOptions } from "./client_session.ts";
import { ClientSession } from "./client_session.ts";
import type {
  KnownServer,
  LoginSteps,
  RecoveryOutcome,
  RecoverySteps,
  RegistrationOutcome,
  RegistrationSteps,
} from "./client_steps.ts";
import { decode, encode } from "./codec.ts";
import { ServerError } from "./error_codes.ts";
import { FrameType, readRefusal } from "./frame.ts";
import { FrameChannel } from "./frame_channel.ts";
import { logReceipt } from "./messages/fields.ts";
import { recovery, RECOVERY_REFUSED, recoveryStart } from "./messages/recovery.ts";
import { registration, registrationStart } from "./messages/registration.ts";
import type { Schema } from "./schema.ts";
import type { Stage } from "./session_errors.ts";
import { ConnectionLostError } from "./session_errors.ts";

export interface ClientLinkOptions {
  readonly clock: Clock;
  /** Takes bytes for the server, in order. */
  write(bytes: Bytes): void | Promise<void>;
}

/**
 * One connection; use it for at most one `serverRecord`, then one `login`, `register` or `recover`. They
 * reject with ServerError for a server that declines to talk, ConnectionLostError (with the stage)
 * for one that closes, HandshakeError or FrameError for one that is not who it should be. After a
 * rejection the connection is of no more use.
 */
export class ClientLink {
  readonly #options: ClientLinkOptions;
  readonly #channel: FrameChannel;
  #session: ClientSession | null = null;
  #stage: Stage = "record";
  #end: { cause: unknown } | null = null;

  constructor(options: ClientLinkOptions) {
    this.#options = options;
    this.#channel = new FrameChannel((bytes) => void this.#write(bytes));
  }

  /** Takes over `bytes` from the server. Resolves when more are wanted. */
  push(bytes: Uint8Array): Promise<void> {
    return this.#session === null ? this.#channel.push(bytes) : this.#session.push(bytes);
  }

  /** The connection has ended; what came before still counts. */
  end(cause?: unknown): void {
    this.#end ??= { cause };
    this.#session?.end(cause);
    this.#channel.end(new ConnectionLostError(this.#stage, { cause }));
  }

  /** Asks for the server record. Nothing about it has been verified. */
  async serverRecord(): Promise<Bytes> {
    this.#channel.send(FrameType.IDREQ, new Uint8Array(0));
    return await this.#receive(FrameType.IDREC, FrameType.REFUSED);
  }

  /** Logs in. The session has its first bytes already when this resolves. */
  async login(
    server: KnownServer,
    steps: LoginSteps,
    session: Pick<ClientSessionOptions, "onEvent" | "onClose"> = {},
  ): Promise<{ hello: ServerHello; session: ClientSession }> {
    const { hello, afterM2 } = await this.#hello(server);
    const { user, ke1: request, ticket } = steps;
    const { m3, afterM3 } = await clientM3(afterM2, { mode: "login", user, request, ticket });
    this.#channel.send(FrameType.M3, m3);

    const { response, afterM4 } = await clientOnM4(afterM3, await this.#receive(FrameType.M4));
    const { m5, afterM5 } = await clientM5(afterM4, await steps.finish(response));
    this.#channel.send(FrameType.M5, m5);

    const m6 = await clientOnM6(afterM5, await this.#receive(FrameType.M6));
    const decapsulate = await steps.unlock(m6);
    const userSecret = await releaseOnTick(
      this.#options.clock,
      () => decapsulate(m6.kemCiphertext),
    );
    const { m7, afterM7 } = await clientM7(m6.afterM6, userSecret);
    this.#channel.send(FrameType.M7, m7);

    const secrets = await clientOnM8(afterM7, (await this.#channel.receive(FrameType.M8)).body);
    const opened = new ClientSession(secrets, { ...this.#options, ...session });
    this.#session = opened;
    void opened.push(this.#channel.finish());
    if (this.#end !== null) opened.end(this.#end.cause);
    return { hello, session: opened };
  }

  /** Registers a user; the connection ends, and a login on another one follows. */
  async register(server: KnownServer, steps: RegistrationSteps): Promise<RegistrationOutcome> {
    const { user, token, request } = steps;
    const { answer, afterM4 } = await this.#start(server, {
      mode: "register",
      user,
      token,
      request,
    });
    const start = decodedFrom(registrationStart, answer);
    const payload = encode(registration, await steps.finish(start));
    const result = await this.#finish(afterM4, payload);
    return result.accepted
      ? { accepted: true, receipt: decodedFrom(logReceipt, result.payload) }
      : result;
  }

  /** Sets a new password with a recovery code; the connection ends, and a login may follow. */
  async recover(server: KnownServer, steps: RecoverySteps): Promise<RecoveryOutcome> {
    const { user, auth, request } = steps;
    const { answer, afterM4 } = await this.#start(server, { mode: "recover", user, auth, request });
    const { response, bundle } = decodedFrom(recoveryStart, answer);
    if (bundle === null) return RECOVERY_REFUSED;
    const payload = encode(recovery, await steps.finish({ response, bundle }));
    return (await this.#finish(afterM4, payload)).accepted ? null : RECOVERY_REFUSED;
  }

  /** M1 to M4R. */
  async #start(
    server: KnownServer,
    request: ClientRequest & { mode: RegistrationMode },
  ): Promise<{ answer: Bytes; afterM4: ClientAfterM4<RegistrationMode> }> {
    const { afterM2 } = await this.#hello(server);
    const { m3, afterM3 } = await clientM3<RegistrationMode>(afterM2, request);
    this.#channel.send(FrameType.M3, m3);
    const m4r = await this.#receive(FrameType.M4R);
    const { response: answer, afterM4 } = await clientOnM4(afterM3, m4r);
    return { answer, afterM4 };
  }

  /** M5R and M6R. */
  async #finish(
    afterM4: ClientAfterM4<RegistrationMode>,
    payload: Bytes,
  ): Promise<RegistrationResult> {
    const { m5r, afterM5 } = await clientM5Register(afterM4, payload);
    this.#channel.send(FrameType.M5R, m5r);
    return await clientOnM6Register(afterM5, await this.#receive(FrameType.M6R));
  }

  async #hello(server: KnownServer): Promise<{ hello: ServerHello; afterM2: ClientAfterM2 }> {
    const { m1, afterM1 } = await clientStart(server);
    this.#stage = "hello";
    this.#channel.send(FrameType.M1, m1);
    const m2 = await this.#receive(FrameType.M2, FrameType.REFUSED);
    this.#stage = "login";
    return await clientOnM2(afterM1, m2);
  }

  /** The body of the frame whose turn it is, the only one that may have come. */
  async #receive(...types: FrameType[]): Promise<Bytes> {
    const { type, body } = await this.#channel.receive(...types);
    if (type === FrameType.REFUSED) throw new ServerError(readRefusal(body));
    this.#channel.assertNothingWaits();
    return body;
  }

  /** A write that fails says less than what the server may have said last: reading goes on. */
  async #write(bytes: Bytes): Promise<void> {
    try {
      await this.#options.write(bytes);
    } catch {
      // Whoever reads finds the end of the connection, and calls `end`.
    }
  }
}

/** What the server has sealed. Throws HandshakeError when it has not the form it must have. */
function decodedFrom<T>(schema: Schema<T>, bytes: Bytes): T {
  try {
    return decode(schema, bytes);
  } catch {
    throw new HandshakeError();
  }
}
