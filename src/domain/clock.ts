/** Milliseconds since the epoch. */
export type Clock = () => bigint;

export const systemClock: Clock = () => BigInt(Date.now());
