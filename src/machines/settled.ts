/**
 * The delay by which whoever decides about several actors waits until all has been heard that is being told. Less than
 * no time: it comes ahead of every pause, also of one of 0 ms.
 */
export const settled = -1;
