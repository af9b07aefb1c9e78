@ Every class of load and store, over and over, on counters in memory. r0: 8 KiB of memory, r1: how often.
@ Whatever is made twice or in part shows in the memory, or in r8, a mixture of all that was loaded. r11 counts exclusive
@ stores that failed, of which there should be none. Ends with SVC.
  .syntax unified
  .arch_extension mp
  .fpu neon-vfpv4
  .text
  .arm
  .macro mix value
  eor r8, r8, \value
  ror r8, r8, #29
  .endm

  .global _start
_start:
  mov r9, r0
  mov r10, r1
  mov r8, #0
  mov r11, #0
  vmov.i32 d16, #1
  @ pointers to themselves
  add r4, r9, #128
  str r4, [r4]
  add r4, r9, #136
  str r4, [r4]
  adr r4, behind
  str r4, [r9, #768]

again:
  @ words, halfwords and bytes, before and behind the base's change
  add r4, r9, #64
  ldr r5, [r4], #4
  add r5, r5, #1
  str r5, [r4, #-4]!
  mix r5
  ldrh r5, [r4, #6]!
  add r5, r5, #3
  strh r5, [r4], #-6
  ldrsb r6, [r4, #8]
  add r6, r6, #5
  strb r6, [r4, #8]
  mix r6
  mov r5, #4
  ldr r5, [r4, r5, lsl #2]
  add r5, r5, #1
  mov r6, #4
  str r5, [r4, r6, lsl #2]
  ldrt r5, [r4], #4
  add r5, r5, #1
  strt r5, [r4], #4
  mix r5

  @ across two pages
  add r4, r9, #4096
  sub r4, r4, #2
  ldr r5, [r4]
  add r5, r5, #7
  str r5, [r4]
  mix r5

  @ several words
  add r4, r9, #256
  ldmia r4!, {r5, r6, r7}
  add r5, r5, #1
  add r6, r6, r5
  add r7, r7, r6
  stmdb r4!, {r5, r6, r7}
  mix r7
  add sp, r9, #4096
  push {r4, r5, r6, r7}
  ldm sp, {r4, r5}
  ldrd r6, r7, [sp, #8]
  add r6, r6, #1
  strd r6, r7, [sp, #8]
  mix r6
  pop {r4, r5, r6, r7}
  mix r6

  @ the base among what is loaded
  add r4, r9, #128
  ldm r4, {r4, r5}
  add r5, r5, #1
  str r5, [r4, #4]
  mix r5
  add r4, r9, #136
  ldrd r4, r5, [r4]
  add r5, r5, #1
  str r5, [r4, #4]
  mix r5
  add r4, r9, #128
  ldr r4, [r4]
  mix r4

  @ exclusive ones
  add r4, r9, #320
1: ldrex r5, [r4]
  add r5, r5, #1
  strex r6, r5, [r4]
  add r11, r11, r6
  cmp r6, #0
  bne 1b
  add r4, r4, #4
2: ldrexb r5, [r4]
  add r5, r5, #1
  strexb r6, r5, [r4]
  add r11, r11, r6
  cmp r6, #0
  bne 2b
  add r4, r4, #4
3: ldrexh r5, [r4]
  add r5, r5, #1
  strexh r6, r5, [r4]
  add r11, r11, r6
  cmp r6, #0
  bne 3b
  add r4, r4, #8
4: ldrexd r6, r7, [r4]
  adds r6, r6, #1
  adc r7, r7, r6
  strexd r5, r6, r7, [r4]
  add r11, r11, r5
  cmp r5, #0
  bne 4b
  mix r7
  @ one that is the first of its block, and one whose condition fails
  ldrex r5, [r4]
  add r5, r5, #1
  b 5f
5: strex r6, r5, [r4]
  add r11, r11, r6
  cmp r10, #0
  strexeq r6, r8, [r4]

  @ swaps
  add r4, r9, #352
  swp r5, r10, [r4]
  mix r5
  swpb r5, r8, [r4]
  mix r5

  @ VFP and NEON
  add r4, r9, #512
  vldmia r4!, {d0, d1, d2, d3}
  vadd.i32 d0, d0, d16
  vadd.i32 d3, d3, d0
  vstmdb r4!, {d0, d1, d2, d3}
  vldr s0, [r4, #4]
  vmov r5, s0
  mix r5
  vld1.32 {d4, d5}, [r4]!
  vadd.i32 d5, d5, d16
  vst1.32 {d5}, [r4]
  vld1.8 {d6[3]}, [r4]!
  vmov r5, r6, d6
  mix r5
  sub r4, r4, #1
  vld4.8 {d0, d1, d2, d3}, [r4]
  vadd.i8 d1, d1, d16
  vst4.8 {d0, d1, d2, d3}, [r4]!
  vld3.16 {d0[1], d1[1], d2[1]}, [r4]
  vadd.i16 d2, d2, d1
  vst3.16 {d0[1], d1[1], d2[1]}, [r4]

  @ branches that load
  bl called
  add r4, r9, #768
  ldr pc, [r4]
called:
  push {r5, lr}
  pop {r5, pc}
behind:
  blx in_thumb
  subs r10, r10, #1
  bne again
  svc 0

  .thumb
  .thumb_func
in_thumb:
  push {r4, r5, lr}
  add r4, r9, #640
  and r5, r10, #1
  tbb [pc, r5]
table:
  .byte (even - table) / 2
  .byte (odd - table) / 2
even:
  ldr r5, [r4]
  adds r5, #1
  str r5, [r4]
odd:
  @ an IT block, which the engine never leaves
  ldrex r5, [r4, #8]
  adds r5, #1
  tst r10, #1
  itte eq
  strexeq r6, r5, [r4, #8]
  ldreq r5, [r4, #8]
  movne r6, #0
  add r11, r11, r6
  mix r5
  @ base and register are the same
  add r4, r9, #136
  ldrd r4, r5, [r4]
  adds r5, #1
  str r5, [r4, #4]
  add r4, r9, #704
  ldrexb r5, [r4]
  adds r5, #1
  strexb r6, r5, [r4]
  add r11, r11, r6
  ldmia r4!, {r5, r6}
  adds r6, r6, r5
  stmdb r4!, {r5, r6}
  mix r6
  pop {r4, r5, pc}
