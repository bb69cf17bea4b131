/**
 * @file What the page's engine calls. Every function but `serve` is called by one thread, blocks until the work is done, and shares it
 * with the threads that are in `serve`. Addresses are byte offsets into the shared memory, aligned to 16 unless said; matrices are
 * row-major f32. Nothing is allocated here.
 */
export { heapBase } from "./memory-map";
export { serve, setThreads, stop } from "./pool";
export { packWeight, weightBytes } from "./weight-layout";
export { linear, linearScratchBytes } from "./linear";
export { attentionScratchBytes, treeAttention } from "./tree-attention";
export { gatherRows, rmsNorm, rotary, softmaxTotals, swiglu } from "./elementwise";
