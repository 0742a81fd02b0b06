/** What is called of seek-bzip, which comes without types. */
declare module "seek-bzip" {
  interface Bytes {
    readByte(): number;
    read(target: Uint8Array, offset: number, length: number): number;
  }
  interface ByteSink {
    writeByte(byte: number): void;
  }
  const Bunzip: {
    decode(input: Bytes, output: ByteSink): unknown;
  };
  export default Bunzip;
}
