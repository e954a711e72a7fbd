/**
 * The intake: what must hold the first time a client sees a mail. A function of its input alone.
 * Whoever calls it tells the server nothing of its outcome: a sealed entry is written either way.
 *
 * Rules: docs/protocol.md, 11.
 */

import { type Bytes, equalBytes } from "./bytes.ts";
import { counterLeavesGap, type CounterRanges, counterSeen } from "./counters.ts";
import { decodeFields, type MailFields, namedRecipients } from "./envelope_fields.ts";
import type { MailHeader } from "./envelope_header.ts";
import {
  type MailReader,
  type OpenedEnvelope,
  openEnvelope,
  type SealedSummary,
} from "./envelope_open.ts";
import { type IntakeWarning, MailRejection, type RejectReason } from "./envelope_reject.ts";
import { unmaskCounter } from "./envelope_key.ts";
import { FormatError } from "./errors.ts";
import { verifySignature } from "./sign.ts";

const DATE_TOLERANCE_MS = 15 * 60_000;

/** The sender's keys as the directory has them; an IdentityRecord is one. */
export interface SenderKeys {
  readonly user: string;
  /** 1984 bytes. */
  readonly signingPublicKey: Bytes;
  /** 32 bytes. */
  readonly fingerprint: Bytes;
}

/** All that decides about a mail. */
export interface IntakeInput extends SealedSummary {
  readonly me: MailReader & {
    /** 32 bytes. */
    readonly realm: Bytes;
    /** Of my signing key, 32 bytes. */
    readonly fingerprint: Bytes;
    /** Of those that I have replaced: a sender may not have heard of it yet. */
    readonly earlierFingerprints?: readonly Bytes[];
  };
  /** Verified keys of the user whom the header names as `from`; null when there are none. */
  readonly sender: SenderKeys | null;
  /** When the server says that it arrived, ms since the epoch. */
  readonly arrived: number;
  /** Whether a mail with this id was taken in before. */
  readonly idSeen: boolean;
  /** The counters seen of this sender. */
  readonly countersSeen: CounterRanges;
}

/** A mail that passed. */
export interface AcceptedMail {
  readonly accepted: true;
  /** 32 bytes, secret. */
  readonly contentKey: Bytes;
  /** 64 bytes. */
  readonly headerSha512: Bytes;
  readonly fields: MailFields;
  /** How many mails the sender had sent to me with this one; null for my own copy. */
  readonly counter: number | null;
  readonly warnings: readonly IntakeWarning[];
}

/** A mail that did not pass. */
export interface RejectedMail {
  readonly accepted: false;
  readonly reason: RejectReason;
}

/** Checks a mail by the rules of the intake, in their order, and opens it when all hold. */
export async function intakeMail(input: IntakeInput): Promise<AcceptedMail | RejectedMail> {
  try {
    const opened = await openEnvelope(input, input.me);
    const sender = await verifySender(opened, input.sender);
    const fields = verifiedFields(opened);
    checkAgainstHeader(fields, opened.header, sender);
    checkAddressees(fields, opened.header, input.me);
    const counter = counterFor(input.me.user, fields, opened.counterMask);
    checkFreshness(fields, counter, input);
    const { contentKey, headerSha512 } = opened;
    return {
      accepted: true,
      contentKey,
      headerSha512,
      fields,
      counter,
      warnings: warningsOf(fields, counter, input),
    };
  } catch (error) {
    if (!(error instanceof MailRejection)) throw error;
    return { accepted: false, reason: error.reason };
  }
}

/** Both signatures, over the fields exactly as they came, under the key the directory has. */
async function verifySender(
  { header, signed }: OpenedEnvelope,
  sender: SenderKeys | null,
): Promise<SenderKeys> {
  if (sender === null || sender.user !== header.from) throw new MailRejection("unknown_sender");
  const valid = await verifySignature(sender.signingPublicKey, {
    purpose: "mail",
    message: signed.fields,
    signature: signed.signature,
  });
  if (!valid) throw new MailRejection("bad_signature");
  return sender;
}

function verifiedFields({ signed }: OpenedEnvelope): MailFields {
  return wellFormed(() => decodeFields(signed.fields));
}

/** The sender's counter for me. Her own copy has none; its id is what must be new. */
function counterFor(me: string, fields: MailFields, mask: Bytes): number | null {
  const masked = fields.counter.get(me);
  return masked === undefined ? null : wellFormed(() => unmaskCounter(masked, mask));
}

function wellFormed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof FormatError) throw new MailRejection("malformed", error);
    throw error;
  }
}

/** The signed mail is the one that the header speaks of. */
function checkAgainstHeader(fields: MailFields, header: MailHeader, sender: SenderKeys): void {
  if (!equalBytes(fields.messageId, header.messageId)) throw new MailRejection("other_id");
  if (fields.from !== header.from) throw new MailRejection("other_sender");
  const sameKey = equalBytes(fields.fromFingerprint, header.fromFingerprint) &&
    equalBytes(fields.fromFingerprint, sender.fingerprint);
  if (!sameKey) throw new MailRejection("other_fingerprint");
}

/**
 * The mail is sealed to exactly those whom the sender signed (and the sender), and I am one of
 * them: whoever gets a mail cannot pass it on as if it had been written to somebody else.
 */
function checkAddressees(fields: MailFields, header: MailHeader, me: IntakeInput["me"]): void {
  const named = namedRecipients(fields);
  const signed = new Set([...named.map(({ user }) => user), fields.from]);
  const sealed = new Set(header.stanzas.map(({ user }) => user));
  if (signed.symmetricDifference(sealed).size !== 0) throw new MailRejection("other_recipients");
  const asRecipient = named.find(({ user }) => user === me.user)?.fingerprint;
  const asSender = fields.from === me.user ? fields.fromFingerprint : undefined;
  const addressed = asRecipient ?? asSender;
  const mine = [me.fingerprint, ...me.earlierFingerprints ?? []];
  if (addressed === undefined || !mine.some((fingerprint) => equalBytes(addressed, fingerprint))) {
    throw new MailRejection("not_addressed_to_me");
  }
}

/** Written on this server, and not delivered before. */
function checkFreshness(fields: MailFields, counter: number | null, input: IntakeInput): void {
  if (!equalBytes(fields.realm, input.me.realm)) throw new MailRejection("other_realm");
  if (input.idSeen) throw new MailRejection("id_seen");
  if (counter !== null && counterSeen(input.countersSeen, counter)) {
    throw new MailRejection("counter_seen");
  }
}

function warningsOf(
  fields: MailFields,
  counter: number | null,
  input: IntakeInput,
): IntakeWarning[] {
  const warnings: IntakeWarning[] = [];
  if (Math.abs(input.arrived - fields.date) > DATE_TOLERANCE_MS) warnings.push("date_differs");
  if (counter !== null && counterLeavesGap(input.countersSeen, counter)) {
    warnings.push("counter_gap");
  }
  return warnings;
}
