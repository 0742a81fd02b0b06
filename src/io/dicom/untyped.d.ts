/** Packages without types: decoders, which are factories of Emscripten, and what is used of dcmjs. */
declare module "@cornerstonejs/codec-charls/decodewasmjs" {
  const factory: unknown;
  export default factory;
}
declare module "@cornerstonejs/codec-openjpeg/decodewasmjs" {
  const factory: unknown;
  export default factory;
}
declare module "@cornerstonejs/codec-openjph/wasmjs" {
  const factory: unknown;
  export default factory;
}
declare module "@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs" {
  const factory: unknown;
  export default factory;
}
declare module "dcmjs" {
  interface Entry {
    readonly name: string;
    readonly vr: string;
    readonly vm: string;
  }
  interface Dict {
    dict: Record<string, unknown>;
    write(options?: object): ArrayBuffer;
  }
  const dcmjs: {
    readonly data: {
      readonly DicomMetaDictionary: {
        readonly dictionary: Readonly<Record<string, Entry | undefined>>;
        denaturalizeDataset(dataset: object): Record<string, unknown>;
      };
      readonly DicomDict: new (meta: object) => Dict;
    };
  };
  export default dcmjs;
}
