import type { Timestamp } from "@bufbuild/protobuf/wkt";

/** Message fields that protobuf-es adds for itself and that are no part of the contract. */
type Bookkeeping = "$typeName" | "$unknown";

/**
 * Plain is a generated message as mere data: the same fields, read-only, without the runtime's bookkeeping.
 * Every decoder gives this shape, so whoever only reads frames needs the generated types and not the protobuf runtime.
 */
export type Plain<T> = T extends bigint | string | number | boolean | undefined
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Plain<Item>[]
    : { readonly [Key in keyof T as Key extends Bookkeeping ? never : Key]: Plain<T[Key]> };

/**
 * ProtoJson is a generated message as protobuf JSON spells it: 64-bit numbers as strings, times as RFC 3339, enums by
 * name, and every field may be missing because a sender leaves defaults out.
 */
export type ProtoJson<T> = T extends bigint
  ? string | number
  : T extends Timestamp
    ? string
    : T extends string | boolean | undefined
      ? T
      : T extends number
        ? // A plain number can't be told from an enum by assignability, which lets every number into a numeric enum.
          `${number}` extends `${T}`
          ? number
          : string
        : T extends readonly (infer Item)[]
          ? readonly ProtoJson<Item>[]
          : { readonly [Key in keyof T as Key extends Bookkeeping ? never : Key]?: ProtoJson<T[Key]> };
