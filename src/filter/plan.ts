/** Filled by the filter language; see the README of this folder's checker. */
export interface FilterPlan {
  readonly joins: readonly unknown[];
}
