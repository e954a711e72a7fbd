/** Users and mails for the tests of sealed mail. RSA keys are made once a file: they are slow. */

import { type Bytes, randomBytes, utf8 } from "../../crypto/bytes.ts";
import {
  generateKemKeyPair,
  importKemPrivateKey,
  importKemPublicKey,
  type KemPrivateKey,
  type KemPublicKey,
} from "../../crypto/composite_kem.ts";
import { EMPTY_LOG } from "../../crypto/envelope_fields.ts";
import { type IntakeInput, intakeMail } from "../../crypto/envelope_intake.ts";
import {
  type MailRecipient,
  type MailToSeal,
  type SealedMail,
  sealMail,
} from "../../crypto/envelope_seal.ts";
import { fingerprintOf } from "../../crypto/fingerprint.ts";
import { generateSigningKeyPair, importSigner, type Signer } from "../../crypto/sign.ts";

export const REALM: Bytes = new Uint8Array(32).fill(7);
export const NOW = 1_760_000_000_000;

export interface TestUser {
  user: string;
  signer: Signer;
  signingPublicKey: Bytes;
  fingerprint: Bytes;
  kem: KemPublicKey;
  key: KemPrivateKey;
}

export async function makeUser(user: string): Promise<TestUser> {
  const { publicKey, secret } = await generateKemKeyPair();
  const signer = await importSigner((await generateSigningKeyPair()).secret);
  return {
    user,
    signer,
    signingPublicKey: signer.publicKey,
    fingerprint: fingerprintOf(signer.publicKey),
    kem: await importKemPublicKey(publicKey),
    key: await importKemPrivateKey(secret, publicKey),
  };
}

export const [alice, bob, carol, mallory] = await Promise.all(
  ["alice", "bob", "carol", "mallory"].map(makeUser),
) as [TestUser, TestUser, TestUser, TestUser];

export function recipient({ user, kem, fingerprint }: TestUser): MailRecipient {
  return { user, kem, fingerprint };
}

export function ownCopy(sender: TestUser): MailRecipient {
  return { ...recipient(sender), copy: true };
}

/** A mail from alice to bob and carol, unless told otherwise. */
export function mailFrom(changes: Partial<MailToSeal> = {}, sender = alice): MailToSeal {
  const to = changes.recipients ?? [recipient(bob), recipient(carol), ownCopy(sender)];
  return {
    signer: sender.signer,
    from: sender.user,
    realm: REALM,
    recipients: to,
    cc: [],
    date: NOW,
    subject: "Minutes",
    preview: "We met.",
    inReplyTo: null,
    references: [],
    attachments: [],
    size: 7,
    counter: new Map(to.filter(({ copy }) => !copy).map(({ user }) => [user, 1])),
    log: EMPTY_LOG,
    mime: utf8("Subject: Minutes\r\n\r\nWe met."),
    ...changes,
  };
}

/** What bob's client has to decide about a mail from alice, unless told otherwise. */
export function intakeInput(
  mail: Pick<SealedMail, "header" | "summary">,
  changes: Partial<IntakeInput> = {},
  reader = bob,
): IntakeInput {
  return {
    header: mail.header,
    summary: mail.summary,
    me: { user: reader.user, keys: [reader.key], realm: REALM, fingerprint: reader.fingerprint },
    sender: alice,
    arrived: NOW,
    idSeen: false,
    countersSeen: [],
    ...changes,
  };
}

/** "accepted", or the reason why not. */
export async function outcome(input: IntakeInput): Promise<string> {
  const result = await intakeMail(input);
  return result.accepted ? "accepted" : result.reason;
}

export function bytesOfText(length: number): Bytes {
  return randomBytes(length).map((byte) => 32 + (byte % 90));
}

export { sealMail };
