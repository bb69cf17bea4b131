/**
 * What can go wrong outside this code's control, as data: it crosses the worker boundary and the view words it in the
 * user's language. Every kind carries what it happened to.
 */
export type Failure =
  | { readonly kind: "file-missing"; readonly file: string; readonly status: number | null }
  | {
      readonly kind: "file-short";
      readonly file: string;
      readonly expectedBytes: number;
      readonly actualBytes: number;
    }
  | {
      readonly kind: "file-altered";
      readonly file: string;
      readonly expectedSha256: string;
      readonly actualSha256: string;
    }
  | { readonly kind: "file-invalid"; readonly file: string; readonly reason: string }
  | { readonly kind: "model-unsupported"; readonly file: string; readonly reason: string }
  | { readonly kind: "no-webgpu"; readonly reason: string }
  | { readonly kind: "device-lost"; readonly reason: string }
  /** Lost again within a minute; `reason` is the last loss. */
  | { readonly kind: "device-lost-twice"; readonly reason: string }
  | {
      readonly kind: "out-of-memory";
      readonly backend: string;
      /** What was being placed: the model's weights, or the tensors of a forward pass. */
      readonly part: "weights" | "pass";
      /** Bytes that were asked for; null where the backend does not tell. */
      readonly bytes: number | null;
      readonly reason: string;
    }
  | {
      readonly kind: "probe-mismatch";
      readonly backend: string;
      readonly worst: number;
      readonly tolerance: number;
    }
  | { readonly kind: "unknown-title"; readonly title: string; readonly nearest: readonly string[] }
  /** The licence of a pack's data forbids passing its titles on, and none were given. */
  | { readonly kind: "titles-needed"; readonly pack: string }
  | { readonly kind: "bad-request"; readonly reason: string }
  | { readonly kind: "storage-failed"; readonly operation: string; readonly reason: string }
  | { readonly kind: "cancelled" }
  | { readonly kind: "bug"; readonly message: string };

/** Carries a {@link Failure} up the stack to the border that reports it. */
export class FailureError extends Error {
  override readonly name = "FailureError";
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(describeFailure(failure));
    this.failure = failure;
  }
}

/** The failure behind anything thrown; an unexpected error becomes a "bug" with its message. */
export function toFailure(thrown: unknown): Failure {
  if (thrown instanceof FailureError) return thrown.failure;
  return {
    kind: "bug",
    message: thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown),
  };
}

/** Plain English for logs and the command line: what happened, to what, what to do. */
export function describeFailure(failure: Failure): string {
  switch (failure.kind) {
    case "file-missing":
      return `${failure.file} could not be fetched${failure.status === null ? "" : ` (status ${failure.status})`}. Check that it is served beside the page, then try again.`;
    case "file-short":
      return `${failure.file} has ${failure.actualBytes} bytes where ${failure.expectedBytes} were expected. Fetch it again.`;
    case "file-altered":
      return `${failure.file} is not the file that was published (sha256 ${failure.actualSha256}, expected ${failure.expectedSha256}). Fetch it again.`;
    case "file-invalid":
      return `${failure.file} cannot be read: ${failure.reason}.`;
    case "model-unsupported":
      return `${failure.file} is not supported: ${failure.reason}.`;
    case "no-webgpu":
      return `WebGPU is not available (${failure.reason}). Use the WASM backend.`;
    case "device-lost":
      return `The GPU device was lost (${failure.reason}). Try again.`;
    case "device-lost-twice":
      return `The GPU device was lost twice within a minute (${failure.reason}). Use the WASM backend.`;
    case "out-of-memory": {
      const what = failure.part === "weights" ? "the model's weights" : "a forward pass";
      const size = failure.bytes === null ? "" : ` (${failure.bytes} bytes)`;
      return `The ${failure.backend} backend has no memory for ${what}${size}: ${failure.reason}. Free memory or use another backend.`;
    }
    case "probe-mismatch":
      return `The ${failure.backend} backend computed a wrong answer on the probe prompt (off by ${failure.worst}, allowed ${failure.tolerance}). Use another backend, an updated browser or another machine.`;
    case "unknown-title":
      return `"${failure.title}" is not in the catalogue. Nearest: ${failure.nearest.map((title) => `"${title}"`).join(", ")}.`;
    case "titles-needed":
      return `The pack ${failure.pack} holds no titles, because the licence of its data forbids passing them on. Give your own copy of them with --items FILE (${failure.pack}.item or u.item).`;
    case "bad-request":
      return `The request cannot be answered: ${failure.reason}.`;
    case "storage-failed":
      return `${failure.operation} failed in this browser's storage: ${failure.reason}.`;
    case "cancelled":
      return "Cancelled.";
    case "bug":
      return `Something is wrong in becausal itself: ${failure.message}`;
    default:
      return failure satisfies never;
  }
}
