/* libjpeg-turbo for WebAssembly: Huffman coding only, no SIMD of its own. */
#define JPEG_LIB_VERSION  62
#define LIBJPEG_TURBO_VERSION  3.1.0
#define LIBJPEG_TURBO_VERSION_NUMBER  3001000
#ifndef BITS_IN_JSAMPLE
#define BITS_IN_JSAMPLE  8
#endif
