import { FormatError } from "../../crypto/errors.ts";
import { ServerError } from "../../protocol/error_codes.ts";
import type { passwordStart } from "../../protocol/messages/password_start.ts";
import type { Handler } from "./handler.ts";

/**
 * The first step to a new password. The answer is made with the secret that belongs to the user's
 * password, so it is given only so often: else a session worker that was taken over could find out
 * the present one by trying.
 */
export const handlePasswordStart: Handler<typeof passwordStart> = async (
  { user, office },
  { request },
) => {
  await office.allow("password_start", user);
  try {
    return { response: office.passwordResponse(user, request) };
  } catch (error) {
    throw error instanceof FormatError ? new ServerError("bad_request") : error;
  }
};
