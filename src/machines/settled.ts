/**
 * The delay by which whoever decides about several actors waits until all has been heard that is being told. Less than
 * no time: it comes ahead of every pause, also of one of 0 ms.
 */
export const settled = -1;

/** Describes the states that wait for it. */
export const untilSettled = 'Something has moved: what follows is decided once all have heard of it.';
