/**
 * The stages of a connection in the vault before a session is open:
 *
 *     start ─decapsulate→ keyed ─loginStart→ password ─loginFinish→ proof ─loginConfirm→ proven
 *                           ├─registerStart→ register ─registerFinish→ registered, turned away
 *                           └─recoverStart→ recover ─recoverFinish→ recovered
 *                                └→ not recovered     └→ not recovered
 *
 * A call that does not fit the stage is refused, so no step can be skipped or taken twice.
 */

import type { Bytes } from "../../crypto/bytes.ts";
import { MailsecError } from "../../crypto/errors.ts";
import { validate } from "../../protocol/codec.ts";
import {
  type CallArgs,
  type CallResult,
  HANDSHAKE_CALLS,
  type HandshakeCall,
} from "../../protocol/vault_port.ts";
import type { InviteRefusal } from "../../protocol/messages/registration.ts";
import type { Schema } from "../../protocol/schema.ts";
import type { Logins, PasswordStep, ProofStep } from "./login.ts";
import type { Recoveries, RecoveryStep } from "./recovery.ts";
import type { RegisterStep, Registrations } from "./registration.ts";
import type { ServerKeys } from "./server_keys.ts";

export type LoginStage =
  | { readonly at: "start" | "keyed" }
  | { readonly at: "password"; readonly step: PasswordStep }
  | { readonly at: "proof"; readonly step: ProofStep }
  | { readonly at: "register"; readonly step: RegisterStep }
  | { readonly at: "recover"; readonly step: RecoveryStep }
  /** Registered, recovered or not: there is nothing more to do. */
  | { readonly at: "registered" | "recovered" | "not_recovered"; readonly user: string }
  | { readonly at: "proven"; readonly user: string; readonly fingerprint: Bytes }
  /** The invite did not count; the client is told why, and there is nothing more to do. */
  | { readonly at: "turned_away"; readonly user: string; readonly reason: InviteRefusal };

/** What a call gives, and where it leads. */
export interface StepTaken {
  readonly result: unknown;
  readonly next: LoginStage;
}

/** Why a connection gets no further. For the log: the client hears nothing. */
export class LoginRefused extends MailsecError {
  override name = "LoginRefused";

  /** @param user Whose login it was to be, where that is known. */
  constructor(
    code:
      | "out_of_order"
      | "blocked"
      | "wrong_password"
      | "wrong_key",
    readonly user: string | null,
  ) {
    super(code, `The login was refused: ${code}.`);
  }
}

/** The calls that go from one stage to the next. */
export type StepCall = Exclude<HandshakeCall, "serverRecord">;

interface Desk {
  readonly logins: Logins;
  readonly registrations: Registrations;
  readonly recoveries: Recoveries;
  readonly keys: ServerKeys;
}

/**
 * Does one call.
 *
 * @throws {LoginRefused}
 * @throws {CodecError} on arguments of a wrong form
 * @throws {FormatError|TrustError} on contents that cannot be
 */
export function takeStep(
  desk: Desk,
  stage: LoginStage,
  { call, args }: { call: StepCall; args: unknown },
): Promise<StepTaken> {
  switch (call) {
    case "decapsulate":
      return decapsulate(desk, at(stage, "start"), argsOf(call, args));
    case "loginStart":
      return loginStart(desk, at(stage, "keyed"), argsOf(call, args));
    case "loginFinish":
      return loginFinish(desk, at(stage, "password").step, argsOf(call, args));
    case "loginConfirm":
      return loginConfirm(desk, at(stage, "proof").step, argsOf(call, args));
    case "registerStart":
      return registerStart(desk, at(stage, "keyed"), argsOf(call, args));
    case "registerFinish":
      return registerFinish(desk, at(stage, "register").step, argsOf(call, args));
    case "recoverStart":
      return recoverStart(desk, at(stage, "keyed"), argsOf(call, args));
    case "recoverFinish":
      return recoverFinish(desk, at(stage, "recover").step, argsOf(call, args));
  }
}

async function decapsulate(
  { keys }: Desk,
  _start: LoginStage,
  { keyId, ciphertext }: CallArgs<"decapsulate">,
): Promise<StepTaken> {
  const sharedSecret = await keys.decapsulate(keyId, ciphertext);
  return { result: { sharedSecret }, next: { at: "keyed" } };
}

async function loginStart(
  { logins }: Desk,
  _keyed: LoginStage,
  args: CallArgs<"loginStart">,
): Promise<StepTaken> {
  const started = await logins.start(args);
  if (started === null) throw new LoginRefused("blocked", args.user);
  return { result: { ke2: started.ke2 }, next: { at: "password", step: started.step } };
}

async function loginFinish(
  { logins }: Desk,
  step: PasswordStep,
  { ke3 }: CallArgs<"loginFinish">,
): Promise<StepTaken> {
  const finished = await logins.finish(step, ke3);
  if (finished === null) throw new LoginRefused("wrong_password", step.user);
  return { result: finished.result, next: { at: "proof", step: finished.step } };
}

async function loginConfirm(
  { logins }: Desk,
  step: ProofStep,
  proof: CallArgs<"loginConfirm">,
): Promise<StepTaken> {
  const state = await logins.confirm(step, proof);
  if (state === null) throw new LoginRefused("wrong_key", step.user);
  const result: CallResult<"loginConfirm"> = { state, user: step.user, refused: null };
  return { result, next: { at: "proven", user: step.user, fingerprint: step.fingerprint } };
}

async function registerStart(
  { registrations }: Desk,
  _keyed: LoginStage,
  args: CallArgs<"registerStart">,
): Promise<StepTaken> {
  const { result, step } = await registrations.start(args);
  return { result, next: { at: "register", step } };
}

async function registerFinish(
  { registrations }: Desk,
  step: RegisterStep,
  args: CallArgs<"registerFinish">,
): Promise<StepTaken> {
  const result = await registrations.finish(step, args);
  const { user } = step;
  const next = result.refused === null
    ? { at: "registered", user } as const
    : { at: "turned_away", user, reason: result.refused } as const;
  return { result, next };
}

async function recoverStart(
  { recoveries }: Desk,
  _keyed: LoginStage,
  args: CallArgs<"recoverStart">,
): Promise<StepTaken> {
  const started = await recoveries.start(args);
  if (started === null) throw new LoginRefused("blocked", args.user);
  const { result, step } = started;
  const next = step === null
    ? { at: "not_recovered", user: args.user } as const
    : { at: "recover", step } as const;
  return { result, next };
}

async function recoverFinish(
  { recoveries }: Desk,
  step: RecoveryStep,
  args: CallArgs<"recoverFinish">,
): Promise<StepTaken> {
  const accepted = await recoveries.finish(step, args);
  const result: CallResult<"recoverFinish"> = { accepted };
  return { result, next: { at: accepted ? "recovered" : "not_recovered", user: step.user } };
}

function at<At extends string>(
  stage: LoginStage,
  wanted: At,
): Extract<LoginStage, { at: At }> {
  if (stage.at !== wanted) throw new LoginRefused("out_of_order", null);
  return stage as Extract<LoginStage, { at: At }>;
}

function argsOf<C extends StepCall>(call: C, args: unknown): CallArgs<C> {
  const schema: Schema<unknown> = HANDSHAKE_CALLS[call].args;
  return validate(schema, args) as CallArgs<C>;
}
