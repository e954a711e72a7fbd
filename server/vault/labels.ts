/**
 * Labels of what the server keeps for itself. They are of no concern to any peer, which is why they
 * live here and not with the protocol's.
 */

/** Key of the HMAC that turns a user name into the tag of its account. */
export const NAME_TAG = "name-tag";
/** Key for the columns of one table; followed by the table's name. */
export const AT_REST_TABLE = "at-rest ";
/** Associated data of a sealed column. */
export const AT_REST_COLUMN = "at-rest column";
/** Key of the HMAC in a login ticket. */
export const LOGIN_TICKET = "login-ticket";
/** Key of the HMAC that names what tries are counted under. */
export const TRY_TAG = "try-tag";
/** Associated data of a key file that is sealed with a pass phrase. */
export const KEY_FILE = "key file";
