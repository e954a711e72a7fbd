/** Client and server of the product joined in memory, with everything they say written down. */
import type { Bytes } from "../../crypto/bytes.ts";
import type { Clock } from "../../crypto/tick.ts";
import { ClientLink } from "../../protocol/client_link.ts";
import { FrameType } from "../../protocol/frame.ts";
import { ServerSession } from "../../protocol/server_session.ts";
import type { VaultPort } from "../../protocol/vault_port.ts";
import { NOW } from "./people.ts";
import type { Recorder } from "./values.ts";

/** What the server says in its hello; the time is NOW. */
const LIMITS = {
  maxBodyBytes: 1_000_000,
  maxMessageBytes: 33_554_432,
  maxRecipients: 200,
  idleSeconds: 900,
};

const FRAME_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(FrameType).map(([name, type]) => [type, name]),
);

export interface Wire {
  readonly client: ClientLink;
  /** Lets time pass for both ends. */
  later(ms: number): void;
  /** Resolves when the server has closed. */
  readonly closed: Promise<unknown>;
}

/** Joins a client with the server of `vault`. Frames and records get their names in `recorder`. */
export function makeWire(vault: VaultPort, recorder: Recorder): Wire {
  let now = NOW;
  // Sleeping takes no time: the hello has the server's clock in it.
  const clock: Clock = { now: () => now, sleep: () => Promise.resolve() };
  const closed = Promise.withResolvers<unknown>();
  let framesOver = false;
  const counts = { client: 0, server: 0 };
  const write = (from: "client" | "server", bytes: Bytes) => {
    const name = framesOver ? undefined : FRAME_NAMES.get(bytes[0]!);
    recorder.put(name ?? `${from} records ${++counts[from]}`, bytes);
    if (name === "M8") framesOver = true;
  };
  const server = new ServerSession({
    vault,
    now: () => now,
    limits: LIMITS,
    onBytes(bytes) {
      write("server", bytes);
      void client.push(bytes.slice());
    },
    onProblem: (cause) => {
      throw new Error(`vectors: the server has a problem`, { cause });
    },
    onClose(reason) {
      client.end();
      closed.resolve(reason);
    },
  });
  const client = new ClientLink({
    clock,
    write(bytes) {
      write("client", bytes);
      void server.push(bytes.slice());
    },
  });
  return { client, later: (ms) => void (now += ms), closed: closed.promise };
}

/** A vault that answers these calls and fails at all others. */
export function vaultWith(calls: Partial<VaultPort>): VaultPort {
  const fail = () => Promise.reject(new Error("vectors: a call that is not expected"));
  const none: VaultPort = {
    ...{ serverRecord: fail, decapsulate: fail, loginStart: fail, loginFinish: fail },
    ...{ loginConfirm: fail, registerStart: fail, registerFinish: fail },
    ...{ recoverStart: fail, recoverFinish: fail, request: fail },
  };
  return { ...none, ...calls };
}
