import { check } from "./check.ts";
import { FilterError, toMlmdError } from "./error.ts";
import { limits } from "./limits.ts";
import { parse } from "./parser.ts";
import type { FilterPlan } from "./plan.ts";
import type { KindName } from "./vocabulary.ts";

/**
 * Reads a filter on nodes of the kind. An empty text is no filter and not for this function.
 *
 * @throws MlmdError INVALID_ARGUMENT, with a message that shows the place in the text and what was expected there
 */
export function compileFilter(kind: KindName, text: string): FilterPlan {
  try {
    if (text.length > limits.length) {
      throw new FilterError(limits.length, `a filter may have at most ${limits.length} characters`);
    }
    return check(kind, parse(text));
  } catch (error) {
    if (error instanceof FilterError) throw toMlmdError(error, text);
    throw error;
  }
}
