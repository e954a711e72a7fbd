/**
 * The worker that reads what strangers send: handshake, records, decoding. It runs without any
 * permission and is given two ports a connection, the pipe to the front door and the one to the
 * vault. Normally it has one connection; in a pool it has several.
 */

import { ServerSession } from "../protocol/server_session.ts";
import type { VaultPort } from "../protocol/vault_port.ts";
import { type ConnectionStart, Receipts, type ToDoor, type ToWorker, Window } from "./pipe.ts";
import { ReplyGate } from "./reply_gate.ts";
import { connectVault } from "./vault_client.ts";

/** The part of a worker's global scope that is used. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<ConnectionStart>) => void) | null;
}

/** Runs one connection until its end. */
function serve({ pipe, vault: vaultPort, limits }: ConnectionStart): void {
  const unsent = new Window();
  const replies = new ReplyGate(() => unsent.underWay);
  const vault = connectVault(vaultPort, {
    onEvent: (event) => session.event(event),
    onClose: (code) => void session.close(code),
  });
  const gated: VaultPort = {
    ...vault,
    request: (request) => replies.run(request.type, () => vault.request(request)),
  };
  const session = new ServerSession({
    vault: gated,
    now: () => Date.now(),
    limits,
    onBytes(bytes) {
      unsent.sent(bytes.length);
      post(pipe, bytes);
      return unsent.room();
    },
    onClose: (reason) => post(pipe, { close: reason }),
  });
  const read = new Receipts((bytes) => post(pipe, bytes));
  let reading = Promise.resolve();
  pipe.onmessage = ({ data }: MessageEvent<ToWorker>) => {
    if (typeof data === "number") {
      unsent.acknowledged(data);
      replies.changed();
    } else if (data instanceof Uint8Array) {
      reading = session.push(data).then(() => read.add(data.length));
    } else if (data.end === "eof") {
      void reading.then(() => session.end());
    } else {
      session.end();
      unsent.release();
      pipe.close();
      vaultPort.close();
    }
  };
}

/** Bytes are given away, not copied, unless they are a part of something greater. */
function post(pipe: MessagePort, message: ToDoor): void {
  if (!(message instanceof Uint8Array)) return pipe.postMessage(message);
  const { buffer } = message;
  pipe.postMessage(message, message.byteLength === buffer.byteLength ? [buffer] : []);
}

(globalThis as unknown as WorkerScope).onmessage = ({ data }) => serve(data);
