/** What a client says that was logged in, when the account is not what it was any more. */

import { LoginError } from "./errors.ts";

export function isWrongPassword(error: unknown): error is LoginError {
  return error instanceof LoginError && error.code === "login";
}

export function passwordChanged(user: string, cause: LoginError): LoginError {
  return new LoginError("password_changed", `The password of ${user} is another one now.`, {
    hint: "Connect again with the new password. If it was not you who changed it, set another " +
      "one with mailsec recover and tell the administrator.",
    cause,
  });
}

export function begunAnew(user: string): LoginError {
  return new LoginError("begun_anew", `The account ${user} was reset and begun anew.`, {
    hint: "Connect again. If it was not you who joined anew, tell the administrator at once.",
  });
}
