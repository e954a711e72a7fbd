import { ServerError } from "../../protocol/error_codes.ts";
import { MAX_ENROLMENT_MS } from "../../protocol/limits.ts";
import type { enrolDevice } from "../../protocol/messages/enrol_device.ts";
import { isInUse } from "../vault/accounts.ts";
import type { Handler } from "./handler.ts";

/** Adds the slot of a device that is being enrolled to what logins get, or takes it away. */
export const handleEnrolDevice: Handler<typeof enrolDevice> = async (
  { user, office },
  { wrap, expires },
) => {
  const latest = office.now() + MAX_ENROLMENT_MS;
  const enrolment = wrap && { wrap, expires: Math.min(expires, latest) };
  await office.accounts.change(user, (account) => {
    if (account === null || !isInUse(account)) throw new ServerError("disabled");
    return { account: { ...account, enrolment } };
  });
  return {};
};
