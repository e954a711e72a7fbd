/** The vault as a session worker sees it: calls over a MessagePort, by number. */

import { MailsecError } from "../crypto/errors.ts";
import type { ErrorCode } from "../protocol/error_codes.ts";
import type { ServerEvent } from "../protocol/messages/events.ts";
import {
  type CallArgs,
  type CallResult,
  type HandshakeCall,
  type RequestResult,
  type VaultCall,
  type VaultMessage,
  type VaultPort,
} from "../protocol/vault_port.ts";

/** A call that the vault refused or could not do; the vault has logged why. */
export class VaultCallError extends MailsecError {
  override name = "VaultCallError";

  constructor() {
    super("vault_call", "The vault did not do what it was asked.");
  }
}

/** What the vault says on its own. */
export interface VaultListener {
  onEvent(event: ServerEvent): void;
  onClose(code: ErrorCode): void;
}

/** Turns a port into the calls that the protocol makes. */
export function connectVault(port: MessagePort, listener: VaultListener): VaultPort {
  const open = new Map<number, PromiseWithResolvers<unknown>>();
  let lastId = 0;
  port.onmessage = ({ data }: MessageEvent<VaultMessage>) => {
    if ("event" in data) return listener.onEvent(data);
    if ("close" in data) return listener.onClose(data.close);
    const call = open.get(data.id);
    open.delete(data.id);
    if ("failed" in data) call?.reject(new VaultCallError());
    else call?.resolve(data.result);
  };
  function call(name: VaultCall["call"], args: unknown): Promise<unknown> {
    const id = ++lastId;
    const waiting = Promise.withResolvers<unknown>();
    open.set(id, waiting);
    port.postMessage({ id, call: name, args } satisfies VaultCall);
    return waiting.promise;
  }
  function step<C extends HandshakeCall>(name: C) {
    return (args: CallArgs<C>) => call(name, args) as Promise<CallResult<C>>;
  }
  return {
    serverRecord: step("serverRecord"),
    decapsulate: step("decapsulate"),
    loginStart: step("loginStart"),
    loginFinish: step("loginFinish"),
    loginConfirm: step("loginConfirm"),
    registerStart: step("registerStart"),
    registerFinish: step("registerFinish"),
    recoverStart: step("recoverStart"),
    recoverFinish: step("recoverFinish"),
    request: (args) => call("request", args) as Promise<RequestResult>,
  };
}
