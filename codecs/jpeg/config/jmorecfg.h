/*
 * libjpeg-turbo's own jmorecfg.h, without the parts that this decoder never calls: it decodes with the
 * accurate integer DCT and smooth upsampling to 8-bit RGB or CMYK at full size.
 */
#include_next <jmorecfg.h>

#undef DCT_IFAST_SUPPORTED
#undef DCT_FLOAT_SUPPORTED
#undef D_LOSSLESS_SUPPORTED
#undef SAVE_MARKERS_SUPPORTED
#undef IDCT_SCALING_SUPPORTED
#undef UPSAMPLE_MERGING_SUPPORTED
#undef QUANT_1PASS_SUPPORTED
#undef QUANT_2PASS_SUPPORTED
