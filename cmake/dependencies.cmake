# Every outside library, found once and given one name. docs/dependencies.md
# says why each was chosen.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenMP COMPONENTS CXX) # FAISS is built with GCC's
if(NOT OpenMP_CXX_FOUND) # clang without its own: GCC's header and library
  execute_process(COMMAND gcc -print-file-name=include/omp.h OUTPUT_VARIABLE omp_header
    OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  file(READ ${omp_header} omp_text) # without the attribute that clang 14 refuses
  string(REGEX REPLACE "__malloc__ \\(omp_free\\)," "" omp_text "${omp_text}")
  file(WRITE ${CMAKE_BINARY_DIR}/openmp/omp.h "${omp_text}")
  add_library(OpenMP::OpenMP_CXX INTERFACE IMPORTED)
  set_target_properties(OpenMP::OpenMP_CXX PROPERTIES INTERFACE_LINK_LIBRARIES gomp
    INTERFACE_INCLUDE_DIRECTORIES ${CMAKE_BINARY_DIR}/openmp)
endif()

pkg_check_modules(XAPIAN REQUIRED IMPORTED_TARGET xapian-core)
pkg_check_modules(LMDB REQUIRED IMPORTED_TARGET lmdb)
pkg_check_modules(PQ REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(MHD REQUIRED IMPORTED_TARGET libmicrohttpd)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl>=7.85)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(XML REQUIRED IMPORTED_TARGET libxml-2.0)
pkg_check_modules(ICU REQUIRED IMPORTED_TARGET icu-uc icu-i18n)
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(OPENBLAS REQUIRED IMPORTED_TARGET openblas)
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET libcrypto)
pkg_check_modules(RHONABWY REQUIRED IMPORTED_TARGET librhonabwy)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(VIPS REQUIRED IMPORTED_TARGET vips>=8.13) # of segue-images alone
pkg_check_modules(JEMALLOC REQUIRED IMPORTED_TARGET jemalloc) # of segue-api alone, not under sanitizers
pkg_check_modules(AV REQUIRED IMPORTED_TARGET libavformat>=59 libavcodec libswresample libavutil) # of segue-audio alone
pkg_check_modules(EBUR128 REQUIRED IMPORTED_TARGET libebur128)
pkg_check_modules(CHROMAPRINT REQUIRED IMPORTED_TARGET libchromaprint)
pkg_check_modules(AUBIO REQUIRED IMPORTED_TARGET aubio)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
pkg_check_modules(RABBITMQ REQUIRED IMPORTED_TARGET librabbitmq)
pkg_check_modules(CHECK IMPORTED_TARGET check)
pkg_check_modules(SQLITE IMPORTED_TARGET sqlite3) # benchmarks only: a rival

find_library(NNG_LIBRARY nng REQUIRED)
find_library(MSGPACK_LIBRARY NAMES msgpack-c msgpackc REQUIRED)
find_library(FAISS_LIBRARY faiss REQUIRED)
