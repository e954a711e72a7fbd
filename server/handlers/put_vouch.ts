import { type Bytes, equalBytes } from "../../crypto/bytes.ts";
import { FormatError } from "../../crypto/errors.ts";
import { TrustError } from "../../crypto/trust_error.ts";
import { parseVouch, verifyVouch, type Vouch } from "../../crypto/vouch.ts";
import { ServerError } from "../../protocol/error_codes.ts";
import type { putVouch } from "../../protocol/messages/put_vouch.ts";
import { currentChain } from "../vault/identity_chain.ts";
import { vouchEntry } from "../vault/new_log_entry.ts";
import type { Handler, RequestContext } from "./handler.ts";

/**
 * Puts the user's word for somebody's keys into the log, once. It must be for keys of whoever has
 * that name now: those of the registration, or later ones that follow from them.
 */
export const handlePutVouch: Handler<typeof putVouch> = async (context, { vouch: bytes }) => {
  const { accounts, keyLog, store } = context.office;
  const vouch = await verified(context, bytes);
  const chain = currentChain(await accounts.identityRecords(vouch.user));
  const isCurrent = chain.some(({ hash }) => equalBytes(hash, vouch.identityHash));
  if (!isCurrent || vouch.user === vouch.voucher) throw new ServerError("bad_request");
  await keyLog.append([vouchEntry(vouch)], async (log) => {
    if (await isLogged(context, vouch)) return "known";
    return await store.appendLog(log) ? "appended" : "log_conflict";
  });
  return {};
};

/** The vouch, which is this user's. */
async function verified({ user, session, office }: RequestContext, bytes: Bytes): Promise<Vouch> {
  const keys = await office.accounts.identityRecords(user);
  const mine = keys.find(({ fingerprint }) => equalBytes(fingerprint, session.fingerprint));
  try {
    if (mine === undefined || parseVouch(bytes).voucher !== user) {
      throw new ServerError("bad_request");
    }
    return await verifyVouch(bytes, mine.signingPublicKey);
  } catch (error) {
    if (error instanceof FormatError || error instanceof TrustError) {
      throw new ServerError("bad_request");
    }
    throw error;
  }
}

/** Whether the log has a word of this voucher for these keys. */
async function isLogged({ office }: RequestContext, vouch: Vouch): Promise<boolean> {
  const records = await office.keyLog.recordsOf(vouch.user);
  return records.some(({ entry, record }) => {
    if (entry.type !== "vouch") return false;
    const { voucher, identityHash } = parseVouch(record);
    return voucher === vouch.voucher && equalBytes(identityHash, vouch.identityHash);
  });
}
