import { type Bytes, equalBytes } from "../../crypto/bytes.ts";
import { FormatError } from "../../crypto/errors.ts";
import type { IdentityRecord } from "../../crypto/identity.ts";
import { TrustError } from "../../crypto/trust_error.ts";
import { parseVouch, verifyVouch, type Vouch } from "../../crypto/vouch.ts";
import { ServerError } from "../../protocol/error_codes.ts";
import type { putVouch } from "../../protocol/messages/put_vouch.ts";
import { currentChain } from "../vault/identity_chain.ts";
import { vouchEntry } from "../vault/new_log_entry.ts";
import type { Handler, RequestContext } from "./handler.ts";

/**
 * Puts the user's word for somebody's keys into the log, once. It must be for keys of whoever has
 * that name now: those of the registration, or later ones that follow from them. It holds for all of
 * these, so a second word for them is not put in: everybody has to fetch and keep every one.
 */
export const handlePutVouch: Handler<typeof putVouch> = async (context, { vouch: bytes }) => {
  const { accounts, keyLog, store } = context.office;
  const { vouch, given } = await verified(context, bytes);
  const chain = currentChain(await accounts.identityRecords(vouch.user));
  const isCurrent = chain.some(({ hash }) => equalBytes(hash, vouch.identityHash));
  if (!isCurrent || vouch.user === vouch.voucher) throw new ServerError("bad_request");
  await keyLog.append([vouchEntry(vouch)], async (log) => {
    if (await isLogged(context, { user: vouch.user, chain, given })) return "known";
    return await store.appendLog(log) ? "appended" : "log_conflict";
  });
  return {};
};

type Chain = readonly IdentityRecord[];

/** The vouch, which is this user's, and the chain of keys that it was given with. */
async function verified(
  { user, session, office }: RequestContext,
  bytes: Bytes,
): Promise<{ vouch: Vouch; given: Chain }> {
  const given = currentChain(await office.accounts.identityRecords(user));
  const mine = given.find(({ fingerprint }) => equalBytes(fingerprint, session.fingerprint));
  try {
    if (mine === undefined || parseVouch(bytes).voucher !== user) {
      throw new ServerError("bad_request");
    }
    return { vouch: await verifyVouch(bytes, mine.signingPublicKey), given };
  } catch (error) {
    if (error instanceof FormatError || error instanceof TrustError) {
      throw new ServerError("bad_request");
    }
    throw error;
  }
}

/** Whether the log has a word for one of these keys, given by this user as she is now. */
async function isLogged(
  { user: voucher, office }: RequestContext,
  { user, chain, given }: { user: string; chain: Chain; given: Chain },
): Promise<boolean> {
  const records = await office.keyLog.recordsOf(user);
  return records.some(({ entry, record }) => {
    if (entry.type !== "vouch") return false;
    const logged = parseVouch(record);
    return logged.voucher === voucher &&
      given.some(({ fingerprint }) => equalBytes(fingerprint, logged.voucherFingerprint)) &&
      chain.some(({ hash }) => equalBytes(hash, logged.identityHash));
  });
}
