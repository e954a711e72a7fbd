/**
 * The server's end of an open session: requests come out of records, answers and events go into
 * them. What it keeps: ids of requests only grow, so none is ever answered twice; answers leave in
 * the order in which they became ready, whole; at most MAX_REQUESTS_IN_FLIGHT requests are under
 * way, and one counts until its answer has been taken by the connection.
 */
import type { Bytes } from "../crypto/bytes.ts";
import { wipe } from "../crypto/bytes.ts";
import type { RecordEvent } from "../crypto/record.ts";
import { RecordOpener } from "../crypto/record_opener.ts";
import { RecordSealer } from "../crypto/record_sealer.ts";
import type { Clock } from "../crypto/tick.ts";
import type { TrafficSecrets } from "../crypto/transcript.ts";
import { CodecError } from "./codec_error.ts";
import type { ErrorCode } from "./error_codes.ts";
import {
  MAX_BYTES_IN_FLIGHT,
  MAX_EVENTS_WAITING,
  MAX_PLAINTEXT_MESSAGE_BYTES,
  MAX_REQUESTS_IN_FLIGHT,
} from "./limits.ts";
import type { ServerEvent } from "./messages/events.ts";
import { RequestGate } from "./request_gate.ts";
import type { RequestType } from "./registry.ts";
import type { ReceivedRequest } from "./session_message.ts";
import { decodeRequest, encodeErrorReply, encodeEvent, encodeReply } from "./session_message.ts";
import type { VaultPort } from "./vault_port.ts";

/** How a session ended. An error code: the server ended it and told the client why. */
export type SessionEnd =
  /** Both ends said goodbye. */
  | "closed"
  /** The connection broke, or somebody on the way changed what was sent. */
  | "lost"
  /** The client does not read what it is sent. */
  | "slow_reader"
  | ErrorCode;

export interface RequestServerOptions {
  readonly secrets: TrafficSecrets;
  readonly clock: Pick<Clock, "now">;
  readonly vault: Pick<VaultPort, "request">;
  /** Takes bytes for the client, in order; a promise is resolved when it has room for more. */
  onBytes(bytes: Bytes): void | Promise<void>;
  /** What the client is not told, for the log. */
  onProblem?(cause: unknown): void;
  /** Called once. */
  onEnd(how: SessionEnd): void;
}

export class RequestServer {
  readonly #options: RequestServerOptions;
  readonly #opener: RecordOpener;
  readonly #sealer: RecordSealer;
  readonly #gate = new RequestGate({
    requests: MAX_REQUESTS_IN_FLIGHT,
    bytes: MAX_BYTES_IN_FLIGHT,
  });
  #state: "open" | "closing" | "ended" = "open";
  /** What is being said to the client, once the session closes, and when it is said. */
  #ending: { readonly how: SessionEnd; readonly done: Promise<void> } | null = null;
  #lastId = 0;
  #eventsWaiting = 0;
  #reading: Promise<void> = Promise.resolve();

  /** The secrets are wiped. */
  constructor(options: RequestServerOptions) {
    const { clientToServer, serverToClient, exporter } = options.secrets;
    this.#options = options;
    this.#opener = new RecordOpener(clientToServer, {
      maxMessageBytes: MAX_PLAINTEXT_MESSAGE_BYTES,
    });
    this.#sealer = new RecordSealer(serverToClient, { clock: options.clock });
    wipe(clientToServer, serverToClient, exporter);
  }

  /** Takes over `bytes`. Resolves when more may come, or no longer matter; never rejects. */
  push(bytes: Uint8Array): Promise<void> {
    this.#reading = this.#reading.then(() => this.#read(bytes));
    return this.#reading;
  }

  /** The connection has ended. */
  transportEnded(): void {
    this.#end(this.#ending?.how ?? "lost");
  }

  /** Tells the client; ends the session when it has left too many events unread. */
  event(event: ServerEvent): void {
    if (this.#state !== "open") return;
    if (this.#eventsWaiting >= MAX_EVENTS_WAITING) return this.#end("slow_reader");
    this.#eventsWaiting++;
    this.#write(encodeEvent(event)).finally(() => this.#eventsWaiting--);
  }

  /**
   * Ends the session from this side: no more requests are read, those under way are answered, then
   * the client is told the reason. Resolves when the session has ended, for whatever reason.
   */
  async close(code: ErrorCode): Promise<void> {
    this.#close(code);
    await this.#ending?.done;
  }

  async #read(bytes: Uint8Array): Promise<void> {
    if (this.#state !== "open") return;
    let events: RecordEvent[];
    try {
      events = await this.#opener.push(bytes);
    } catch (cause) {
      this.#options.onProblem?.(cause);
      return this.#end("lost");
    }
    for (const event of events) {
      await this.#gate.room();
      if (this.#state !== "open") return;
      if (event.type === "message") this.#receive(event.bytes);
      else if (event.type === "close") this.#close("closed");
      else this.#end("lost");
    }
    await this.#gate.room();
  }

  #receive(bytes: Bytes): void {
    let request: ReceivedRequest;
    try {
      request = decodeRequest(bytes);
    } catch (cause) {
      this.#options.onProblem?.(cause);
      return this.#close("bad_request");
    }
    if (request.id <= this.#lastId) return this.#close("bad_request");
    this.#lastId = request.id;
    this.#gate.enter(bytes.length);
    this.#answer(request).finally(() => this.#gate.leave(bytes.length));
  }

  async #answer(request: ReceivedRequest): Promise<void> {
    if ("problem" in request) {
      this.#options.onProblem?.(request.problem);
      await this.#write(encodeErrorReply(request.id, "bad_request", []));
    } else {
      await this.#write(await this.#ask(request));
    }
  }

  /** Whatever goes wrong behind the port, the client gets an answer. */
  async #ask(request: { id: number; type: RequestType; body: unknown }): Promise<Bytes> {
    const { id, type, body } = request;
    try {
      const result = await this.#options.vault.request({ type, body });
      const reply = "error" in result
        ? encodeErrorReply(id, result.error, result.names)
        : encodeReply(id, type, result.body);
      if (reply.length <= MAX_PLAINTEXT_MESSAGE_BYTES) return reply;
      this.#options.onProblem?.(new CodecError(`a reply of ${reply.length} bytes to ${type}`));
    } catch (cause) {
      this.#options.onProblem?.(cause);
    }
    return encodeErrorReply(id, "internal", []);
  }

  #close(how: "closed" | ErrorCode): void {
    if (this.#state !== "open") return;
    this.#state = "closing";
    this.#ending = { how, done: this.#sayGoodbye(how) };
  }

  async #sayGoodbye(how: "closed" | ErrorCode): Promise<void> {
    await this.#gate.empty();
    // The transport may have ended meanwhile.
    if (this.#isEnded()) return;
    await this.#pass(() => how === "closed" ? this.#sealer.close() : this.#sealer.error(how));
    this.#end(how);
  }

  async #write(message: Bytes): Promise<void> {
    if (!this.#isEnded()) await this.#pass(() => this.#sealer.message(message));
  }

  /** The sealer fulfils in order, so this hands over in order. Never rejects. */
  async #pass(seal: () => Promise<Bytes>): Promise<void> {
    try {
      const bytes = await seal();
      if (!this.#isEnded()) await this.#options.onBytes(bytes);
    } catch (cause) {
      this.#options.onProblem?.(cause);
      this.#end("lost");
    }
  }

  #isEnded(): boolean {
    return this.#state === "ended";
  }

  #end(how: SessionEnd): void {
    if (this.#isEnded()) return;
    this.#state = "ended";
    this.#gate.open();
    this.#options.onEnd(how);
  }
}
