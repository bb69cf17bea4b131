/** @file Numbers by which a job names its kernel. */
export const PACK: i32 = 0;
export const QUANTISE: i32 = 1;
export const LOW_RANK_DOWN: i32 = 2;
export const LINEAR: i32 = 3;
export const RMS_NORM: i32 = 4;
export const ROTARY: i32 = 5;
export const SWIGLU: i32 = 6;
export const GATHER_ROWS: i32 = 7;
export const KEYS: i32 = 8;
export const ATTENTION: i32 = 9;
export const SOFTMAX_TOTALS: i32 = 10;
