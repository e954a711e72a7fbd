/** New keys for a user, signed by the old ones. */

import { equalBytes } from "../../crypto/bytes.ts";
import { MAX_EARLIER_KEYS } from "../../crypto/bundle_keys.ts";
import { MailsecError } from "../../crypto/errors.ts";
import { formatFingerprint } from "../../crypto/fingerprint.ts";
import { type IdentityRecord, makeRotatedIdentity, verifyIdentity } from "../../crypto/identity.ts";
import { importSigner } from "../../crypto/sign.ts";
import { TrustError } from "../../crypto/trust_error.ts";
import { list, type ListReply } from "../../protocol/messages/list.ts";
import { lookup } from "../../protocol/messages/lookup.ts";
import { MAX_LIST_PAGE } from "../../protocol/limits.ts";
import type { AccountKeys } from "../access.ts";
import type { RotatedKeys } from "../account_care.ts";
import { systemClock } from "../clock.ts";
import { newKeys } from "../new_keys.ts";
import type { Ask } from "../state_store.ts";
import type { CaredAccount } from "./cared_account.ts";
import { changeCredentials } from "./change_credentials.ts";

/** See AccountCare. */
export async function rotateKeys(account: CaredAccount): Promise<RotatedKeys> {
  const { user } = account;
  const before = formatFingerprint(account.fingerprint);
  const { kem, signing } = await newKeys();
  const signer = await importSigner(signing);
  await changeCredentials(account, async ({ bundle, keys }, session) => {
    if (bundle.earlierKem.length >= MAX_EARLIER_KEYS) await mustHaveTakenInAll(account);
    const ask = session.request.bind(session);
    const previous = await ownIdentity(user, keys, ask);
    const identity = await makeRotatedIdentity({
      ...{ previous, previousSigner: keys.signer },
      ...{ kemPublicKey: kem.publicKey, signer, time: systemClock.now() },
    });
    const earlierKem = [bundle.kem, ...bundle.earlierKem].slice(0, MAX_EARLIER_KEYS);
    return { bundle: { ...bundle, kem, signing, earlierKem }, identity: identity.bytes };
  });
  const { hash, epoch, fingerprint } = await ownIdentity(user, account.keys, account.request);
  await account.state.update((state) => ({
    state: { ...state, identity: hash },
    result: undefined,
  })).committed;
  return { before, now: formatFingerprint(fingerprint), epoch };
}

/**
 * This user's newest identity record, as the directory gives it to everybody.
 *
 * @param keys That it must be of.
 * @throws {TrustError} `own_identity` when it has others, or none.
 */
export async function ownIdentity(
  user: string,
  { signer, kem }: AccountKeys,
  ask: Ask,
): Promise<IdentityRecord> {
  const { results } = await ask(lookup, { users: [user] });
  const bytes = results[0]?.user === user ? results[0].identities.at(-1) : undefined;
  const record = bytes === undefined ? null : await verifyIdentity(bytes, user);
  const isMine = record !== null && equalBytes(record.signingPublicKey, signer.publicKey) &&
    equalBytes(record.kemPublicKey, kem[0]!.publicKey);
  if (isMine) return record;
  throw new TrustError("own_identity", "The server gives other people wrong keys for you.", {
    hint: "Mail to you may be read by somebody else. Do not use this server until its " +
      "administrator has explained it; warn the people who write to you.",
  });
}

/**
 * The oldest KEM key is about to be dropped. A mail that was taken in does not need it any more;
 * one that was never listed might.
 */
async function mustHaveTakenInAll(account: CaredAccount): Promise<void> {
  let before: number | null = null;
  for (;;) {
    const { entries }: ListReply = await account.request(list, { before, limit: MAX_LIST_PAGE });
    if (entries.length === 0) return;
    if (entries.some(({ sealed }) => sealed === null)) {
      throw new MailsecError("mails_not_listed", "There are mails that were never listed.", {
        hint: "They may need the oldest of your keys, which is dropped now. List the inbox and " +
          "the sent mails (mailsec list; mailsec list --sent), then try again.",
      });
    }
    before = entries.at(-1)!.index;
  }
}
