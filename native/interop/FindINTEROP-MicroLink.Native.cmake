# For nanoFramework's firmware build: copy (or link) this file into its CMake/Modules and configure it with
#   -DNF_INTEROP_ASSEMBLIES="MicroLink.Native" -DMICROLINK_NATIVE=/path/to/our/native
# ML_PORT names a folder of native/port: "bare" (the default) or, for the interpreter on Linux, "linux". ML_NET names another: "nonet" (the
# default) or, with the firmware's own lwIP, "lwip". docs/firmware.md tells the rest.

if(NOT MICROLINK_NATIVE)
  # Without the option: our native folder itself was copied or linked to where nanoFramework expects interop assemblies.
  set(MICROLINK_NATIVE ${PROJECT_SOURCE_DIR}/InteropAssemblies/MicroLink.Native)
endif()
if(NOT ML_PORT)
  set(ML_PORT bare)
endif()
if(NOT ML_NET)
  set(ML_NET nonet)
endif()

list(APPEND MicroLink.Native_INCLUDE_DIRS
  ${MICROLINK_NATIVE}/interop ${MICROLINK_NATIVE}/interop/generated ${MICROLINK_NATIVE}/include ${MICROLINK_NATIVE}/src)

# The table first: nanoFramework's build reads checksum and version out of its text.
set(MicroLink.Native_SOURCES ${MICROLINK_NATIVE}/interop/generated/MicroLink_Native.cpp)
file(GLOB MicroLink.Native_OTHERS
  ${MICROLINK_NATIVE}/interop/generated/MicroLink_Native_*.cpp ${MICROLINK_NATIVE}/interop/ml_interop.cpp
  ${MICROLINK_NATIVE}/src/*.c ${MICROLINK_NATIVE}/port/${ML_PORT}/*.c ${MICROLINK_NATIVE}/port/${ML_NET}/*.c)
list(APPEND MicroLink.Native_SOURCES ${MicroLink.Native_OTHERS})

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(INTEROP-MicroLink.Native DEFAULT_MSG MicroLink.Native_INCLUDE_DIRS MicroLink.Native_SOURCES)
