/** @file The other thread of `webgpu.gpu.test.ts`: one op on the worker's own device. */
import { getBackend, tensor2d } from "@tensorflow/tfjs-core";
import { swiglu } from "../ops/swiglu/swiglu.ts";
import { startWebgpu } from "./start-webgpu.ts";

const { adapterName } = await startWebgpu();
const [value] = await swiglu(tensor2d([1, 2], [1, 2])).data();
postMessage({ backend: getBackend(), adapterName, value });
