/**
 * One way or more to break each thing the client checks guard. `breaks` names the checks that have
 * to fail, as the beginning of their names, `in` the test files that are run for it, `apply` what is
 * done to an answer.
 *
 * Breakages that concern one family of clients alone stand as such: the other family's checks of
 * the same number are not expected to fail.
 */
import { OFFICIAL } from "./official.mjs";
import { OTHERS } from "./others.mjs";
import { REPLAYED } from "./replays.mjs";

export const BREAKAGES = [...OFFICIAL, ...OTHERS, ...REPLAYED];
