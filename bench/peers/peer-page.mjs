// Gives every peer the same three calls: load(options), prefill(tokens), slate(prefix, continuations), where a piece is {tokens, text}.
// Milliseconds are taken where
// the peer works, without the way to this page. Answers are the likeliest next token and its probability.
const peers = {
  "onnxruntime-web": () => inWorker("/ort-worker.mjs"),
  wllama: async () => (await import("./wllama-peer.mjs")).wllamaPeer(),
};

let peer = null;
globalThis.peer = {
  load: async ({ name, ...options }) => {
    peer = await peers[name]();
    return peer.load(options);
  },
  prefill: (tokens) => peer.prefill(tokens),
  slate: (prefix, continuations) => peer.slate(prefix, continuations),
};

function inWorker(url) {
  const worker = new Worker(url, { type: "module" });
  const waiting = [];
  worker.onmessage = ({ data }) => {
    const { resolve, reject } = waiting.shift();
    if ("error" in data) reject(new Error(data.error));
    else resolve(data.value);
  };
  worker.onerror = ({ message }) => waiting.shift()?.reject(new Error(message));
  const call =
    (method) =>
    (...args) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        worker.postMessage({ method, args });
      });
  return { load: call("load"), prefill: call("prefill"), slate: call("slate") };
}
