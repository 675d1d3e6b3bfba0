; What device code needs and Rust cannot say. Linked into every module, inlined everywhere, and
; dropped again where unused.
;
; Rust declares these functions in an `unsafe extern "C"` block. The names and signatures are an
; interface: cuda_std relies on them.

; Dynamic shared memory, sized at launch. 1024 bytes is the alignment that the 128-byte TMA swizzle
; asks for.
@__dynamic_shared = external addrspace(3) global [0 x i8], align 1024

; fn __cuda_std_dynamic_shared_base() -> u32
; The shared-window address of the first byte of dynamic shared memory.
define i32 @__cuda_std_dynamic_shared_base() alwaysinline {
  ret i32 ptrtoint (ptr addrspace(3) @__dynamic_shared to i32)
}

; fn __cuda_std_shared_to_generic(address: u32) -> *mut u8
; A generic pointer whose shared origin LLVM can see, so that accesses become ld.shared, st.shared.
define ptr @__cuda_std_shared_to_generic(i32 %address) alwaysinline {
  %shared = inttoptr i32 %address to ptr addrspace(3)
  %generic = addrspacecast ptr addrspace(3) %shared to ptr
  ret ptr %generic
}

; fn __cuda_std_global_to_generic(pointer: *mut u8) -> *mut u8
; The same pointer, known from here on to be global, so that accesses become ld.global, st.global.
define ptr @__cuda_std_global_to_generic(ptr %pointer) alwaysinline {
  %global = addrspacecast ptr %pointer to ptr addrspace(1)
  %generic = addrspacecast ptr addrspace(1) %global to ptr
  ret ptr %generic
}
