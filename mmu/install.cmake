# The MMU as a library of its own: `cmake --install build/release --prefix DIR --component mmu`, then
# find_package(lpaemu COMPONENTS mmu) and lpaemu::mmu. Its headers need tl::expected and fmt, nothing else.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set_target_properties(lpaemu_mmu PROPERTIES EXPORT_NAME mmu)
set_target_properties(lpaemu_expected PROPERTIES EXPORT_NAME expected)
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/lpaemu")
install(TARGETS lpaemu_mmu lpaemu_expected EXPORT lpaemu-mmu COMPONENT mmu)
install(EXPORT lpaemu-mmu NAMESPACE lpaemu:: DESTINATION "${package_dir}" COMPONENT mmu)
install(DIRECTORY include/ DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT mmu)

configure_package_config_file(lpaemuConfig.cmake.in "${CMAKE_CURRENT_BINARY_DIR}/lpaemuConfig.cmake"
  INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/lpaemuConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/lpaemuConfig.cmake" "${CMAKE_CURRENT_BINARY_DIR}/lpaemuConfigVersion.cmake"
  DESTINATION "${package_dir}" COMPONENT mmu)
