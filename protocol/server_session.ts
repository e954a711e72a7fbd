/**
 * A connection as the session worker sees it, from the first byte to the last: bytes and the
 * vault's answers go in, bytes and calls to the vault come out. Before the end of the handshake
 * every failure looks the same from outside: nothing is said, the connection is closed.
 */
import type { Bytes } from "../crypto/bytes.ts";
import { HandshakeError } from "../crypto/errors.ts";
import type { ServerHello } from "../crypto/handshake_layout.ts";
import type { ErrorCode } from "./error_codes.ts";
import { FrameChannel } from "./frame_channel.ts";
import type { ServerEvent } from "./messages/events.ts";
import type { SessionEnd } from "./request_server.ts";
import { RequestServer } from "./request_server.ts";
import type { RecoveryRefusal } from "./messages/recovery.ts";
import type { InviteRefusal } from "./messages/registration.ts";
import type { ServerHandshakeResult } from "./server_handshake.ts";
import { serverHandshake } from "./server_handshake.ts";
import type { VaultPort } from "./vault_port.ts";

/** Why a connection ended. */
export type CloseReason =
  /** There never was a session: the handshake failed, or was broken off. */
  | "handshake"
  /** A user has registered; the connection has served its purpose. */
  | "registered"
  /** A registration was refused, and its client told why. */
  | InviteRefusal
  /** A user has a new password by her recovery code. */
  | "recovered"
  /** A recovery was refused, and its client told so. */
  | RecoveryRefusal
  | SessionEnd;

export interface ServerSessionOptions {
  readonly vault: VaultPort;
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** What the server states in its hello. */
  readonly limits: Omit<ServerHello, "timeMs">;
  /** Takes bytes for the client, in order; a promise is resolved when it has room for more. */
  onBytes(bytes: Bytes): void | Promise<void>;
  /** A user is logged in. Not called for one who is refused. */
  onOpen?(user: string): void;
  /** What the client is not told, for the log. */
  onProblem?(cause: unknown): void;
  /** Called once; the connection is to be closed when what was given to onBytes has left. */
  onClose(reason: CloseReason): void;
}

export class ServerSession {
  readonly #options: ServerSessionOptions;
  readonly #channel: FrameChannel;
  #requests: RequestServer | null = null;
  #closed = false;

  constructor(options: ServerSessionOptions) {
    this.#options = options;
    this.#channel = new FrameChannel((bytes) => void options.onBytes(bytes));
    this.#run().catch((cause) => {
      if (this.#closed) return;
      options.onProblem?.(cause);
      this.#close("handshake");
    });
  }

  /**
   * Takes over `bytes` from the client, of any length. Resolves when more may come, or no longer
   * matter: whoever waits for that before reading on gives the client the vault's pace.
   */
  push(bytes: Uint8Array): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return this.#requests === null ? this.#channel.push(bytes) : this.#requests.push(bytes);
  }

  /** The connection has ended. */
  end(): void {
    if (this.#requests === null) this.#close("handshake");
    else this.#requests.transportEnded();
  }

  /** Something for the client to know. Before the login there is nobody to tell. */
  event(event: ServerEvent): void {
    this.#requests?.event(event);
  }

  /**
   * Ends the session: requests under way are answered, then the client is told `code`. In the
   * middle of a handshake: at once and without a word. Resolves when it is done.
   */
  async close(code: ErrorCode): Promise<void> {
    if (this.#requests === null) this.#close("handshake");
    else await this.#requests.close(code);
  }

  async #run(): Promise<void> {
    const options = this.#options;
    const ends = { channel: this.#channel, vault: options.vault };
    const hello = () => ({ timeMs: options.now(), ...options.limits });
    const result = await serverHandshake(ends, hello);
    if (this.#closed) return;
    if (result.mode === "register") this.#close(result.refused ?? "registered");
    else if (result.mode === "recover") this.#close(result.refused ?? "recovered");
    else this.#open(result);
  }

  #open({ user, secrets, refused }: ServerHandshakeResult & { mode: "login" }): void {
    const options = this.#options;
    this.#requests = new RequestServer({
      secrets,
      clock: { now: () => options.now() },
      vault: options.vault,
      onBytes: (bytes) => options.onBytes(bytes),
      onProblem: (cause) => options.onProblem?.(cause),
      onEnd: (how) => this.#close(how),
    });
    if (refused === null) options.onOpen?.(user);
    else void this.#requests.close(refused);
    void this.#requests.push(this.#channel.finish());
  }

  #close(reason: CloseReason): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#channel.end(new HandshakeError());
    this.#options.onClose(reason);
  }
}
