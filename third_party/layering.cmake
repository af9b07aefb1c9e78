# The layering tests (.ci/layering.sh says what they look at). They are here because they are about all layers at once,
# and no layer should know about the others. The include folders are those of the real targets.
set(layering "${PROJECT_SOURCE_DIR}/.ci/layering.sh")
add_test(NAME "layering: includes" COMMAND "${layering}" includes)

function(lpaemu_layering layer expectation other)
  if(NOT TARGET lpaemu::${layer})
    return() # left out by LPAEMU_PARTS
  endif()
  add_test(NAME "layering: ${layer} ${expectation} ${other}"
    COMMAND "${layering}" ${expectation} "${CMAKE_CXX_COMPILER}" "${PROJECT_SOURCE_DIR}/${other}/include"
      "-I$<JOIN:$<TARGET_PROPERTY:lpaemu::${layer},INTERFACE_INCLUDE_DIRECTORIES>,;-I>"
    COMMAND_EXPAND_LISTS)
endfunction()
lpaemu_layering(mmu not-found kernel_model)
lpaemu_layering(mmu not-found emu)
lpaemu_layering(kernel_model not-found emu)
lpaemu_layering(kernel_model compiles mmu) # the control: what may be seen is seen
lpaemu_layering(emu compiles kernel_model)
