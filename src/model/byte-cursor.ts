import { FailureError } from "../core/failure.ts";

/** What to do about a file whose bytes cannot be right. */
const FETCH_AGAIN = "fetch the file again or convert it anew";

/** Bounds on what a file's header may cost, whatever it announces. */
const MOST_KEPT_BYTES = 64 * 2 ** 20;
/** A string's own header, and two bytes for every byte of UTF-8, which no string exceeds. */
const STRING_BYTES = 24;

/** What reading has cost: counted, so that a test can bound the work without a clock. */
export class ReadMeter {
  /** Fields read. */
  reads = 0;
  /** Upper estimate of the memory that the values read so far are kept in. */
  keptBytes = 0;
}

/** The bytes at hand end inside the header, though the file does not: more of it must be read. */
export class HeadTooShort extends Error {
  override readonly name = "HeadTooShort";
}

/** Walks bytes from outside and refuses, with `file-invalid`, to run past their end or over its memory bound. */
export class ByteCursor {
  readonly bytes: Uint8Array;
  readonly file: string;
  /** Of the whole file, of which `bytes` may be the head alone. */
  readonly fileBytes: number;
  readonly view: DataView;
  readonly meter: ReadMeter;
  readonly #text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  /** Of the next byte. */
  offset = 0;
  /** Where the field read last starts: what a failure points at. */
  #fieldStart = 0;

  constructor(bytes: Uint8Array, file: string, meter: ReadMeter, fileBytes: number = bytes.byteLength) {
    this.bytes = bytes;
    this.fileBytes = fileBytes;
    this.file = file;
    this.meter = meter;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get leftBytes(): number {
    return this.fileBytes - this.offset;
  }

  /** The failure of a file that contradicts the format, pointing at the field read last unless told another byte, or none. */
  invalid(reason: string, at: number | null = this.#fieldStart): FailureError {
    return this.#failure("file-invalid", `${reason}${at === null ? "" : ` (byte ${at})`}; ${FETCH_AGAIN}`);
  }

  /** The failure of a right file of the wrong kind. */
  unsupported(reason: string, advice: string): FailureError {
    return this.#failure("model-unsupported", `${reason} (byte ${this.#fieldStart}); ${advice}`);
  }

  #failure(kind: "file-invalid" | "model-unsupported", reason: string): FailureError {
    return new FailureError({ kind, file: this.file, reason });
  }

  /** Start of the next `length` bytes, which are then behind the cursor. */
  take(length: number, what: string): number {
    const start = this.offset;
    this.meter.reads++;
    this.#fieldStart = start;
    if (length > this.leftBytes)
      throw this.invalid(`it ends inside ${what}: ${length} bytes wanted, ${this.leftBytes} left`);
    if (start + length > this.bytes.byteLength) throw new HeadTooShort();
    this.offset = start + length;
    return start;
  }

  /** Books memory before it is allocated. */
  keep(byteLength: number, what: string): void {
    this.meter.keptBytes += byteLength;
    if (this.meter.keptBytes > MOST_KEPT_BYTES)
      throw this.invalid(`with ${what} its header takes more than ${MOST_KEPT_BYTES} bytes of memory`);
  }

  u32(what: string): number {
    return this.view.getUint32(this.take(4, what), true);
  }

  /** An unsigned 64-bit integer that a number holds exactly. */
  u64(what: string): number {
    const value = this.view.getBigUint64(this.take(8, what), true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER))
      throw this.invalid(`${what} is ${value}, more than any file holds`);
    return Number(value);
  }

  count(what: string, most: number): number {
    const value = this.u64(what);
    if (value > most) throw this.invalid(`${what} is ${value}, the limit is ${most}`);
    return value;
  }

  /** A 64-bit length and that many bytes of UTF-8. */
  string(what: string, mostBytes: number): string {
    const length = this.count(`the length of ${what}`, mostBytes);
    const start = this.take(length, what);
    this.keep(STRING_BYTES + 2 * length, what);
    try {
      return this.#text.decode(this.bytes.subarray(start, start + length));
    } catch {
      throw this.invalid(`${what} is not UTF-8`);
    }
  }
}
