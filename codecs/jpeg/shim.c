/*
 * A decoder of JPEG files to 8-bit RGB, on libjpeg-turbo. The host feeds it bytes when it asks for them
 * and takes rows in bands; no call computes for long. The host throws out of fail(), and nothing here is
 * used again before the next jpeg_begin(), which forgets all memory.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#define JPEG_INTERNALS
#include <jinclude.h>
#include <jpeglib.h>
#include <jerror.h>

#define HOST(name)  __attribute__((import_module("host"), import_name(#name)))
#define EXPORT(name)  __attribute__((export_name(#name)))

/* Kinds of failure; src/image/formats/jpeg/codec.ts has the same. */
enum { DAMAGED, NO_MEMORY, NOT_READ };

/* Copies the next bytes of the file, at most `length` of them; 0 at its end. */
HOST(read) extern int host_read(uint8_t *to, int length);
/* `parameters` are eight numbers, or a text where the template has a %s. */
HOST(fail) extern _Noreturn void host_fail(int kind, const char *template, const void *parameters);

static const char *const messages[] = {
#define JMESSAGE(code, string)  string,
#define JCOPYRIGHT_SHORT  ""
#define JVERSION  ""
#include <jerror.h>
  NULL
};

/* --- Memory: libjpeg frees nothing before a picture is done, so its heap only grows. --- */

extern uint8_t __heap_base;
static uintptr_t heap_end;

void *malloc(size_t size)
{
  uintptr_t at = (heap_end + 15) & ~(uintptr_t)15;
  uintptr_t capacity = (uintptr_t)__builtin_wasm_memory_size(0) << 16;
  uintptr_t end = at + size;
  if (end < at) return NULL;
  if (end > capacity) {
    size_t pages = (end - capacity + 0xffff) >> 16;
    if (__builtin_wasm_memory_grow(0, pages) == (size_t)-1) return NULL;
  }
  heap_end = end;
  return (void *)at;
}

void free(void *object) { (void)object; }

/* --- Errors and warnings --- */

static void fail(j_common_ptr cinfo)
{
  struct jpeg_error_mgr *err = cinfo->err;
  int kind = DAMAGED;
  switch (err->msg_code) {
  case JERR_OUT_OF_MEMORY: case JERR_NO_BACKING_STORE: case JERR_WIDTH_OVERFLOW:
    kind = NO_MEMORY;
    break;
  case JERR_IMAGE_TOO_BIG: case JERR_NOT_COMPILED: case JERR_SOF_UNSUPPORTED:
  case JERR_BAD_PRECISION: case JERR_ARITH_NOTIMPL: case JERR_CONVERSION_NOTIMPL:
  case JERR_CCIR601_NOTIMPL: case JERR_FRACT_SAMPLE_NOTIMPL:
    kind = NOT_READ;
    break;
  }
  host_fail(kind, messages[err->msg_code], &err->msg_parm);
}

/*
 * Warnings after which the pixels are what they were meant to be. After all others libjpeg has made
 * pixels up. Stray bytes do no harm between segments; before a restart marker they are lost blocks.
 */
static int is_harmless(const struct jpeg_error_mgr *err)
{
  switch (err->msg_code) {
  case JWRN_EXTRANEOUS_DATA:
    return err->msg_parm.i[1] < 0xd0 || err->msg_parm.i[1] > 0xd7;
  case JWRN_JFIF_MAJOR: case JWRN_ADOBE_XFORM: case JWRN_NOT_SEQUENTIAL:
    return 1;
  }
  return 0;
}

static void emit_message(j_common_ptr cinfo, int level)
{
  if (level < 0 && !is_harmless(cinfo->err)) fail(cinfo);
}

static void output_message(j_common_ptr cinfo) { (void)cinfo; }
static void reset_errors(j_common_ptr cinfo) { cinfo->err->msg_code = 0; }

static struct jpeg_error_mgr errors = {
  .error_exit = fail,
  .emit_message = emit_message,
  .output_message = output_message,
  .reset_error_mgr = reset_errors,
};

/* --- The file --- */

static uint8_t input[1 << 16];

static void no_work(j_decompress_ptr cinfo) { (void)cinfo; }

static boolean fill_input(j_decompress_ptr cinfo)
{
  int length = host_read(input, sizeof(input));
  if (length == 0) WARNMS(cinfo, JWRN_JPEG_EOF);
  cinfo->src->next_input_byte = input;
  cinfo->src->bytes_in_buffer = length;
  return TRUE;
}

static void skip_input(j_decompress_ptr cinfo, long count)
{
  struct jpeg_source_mgr *src = cinfo->src;
  while (count > (long)src->bytes_in_buffer) {
    count -= src->bytes_in_buffer;
    fill_input(cinfo);
  }
  if (count <= 0) return;
  src->next_input_byte += count;
  src->bytes_in_buffer -= count;
}

static struct jpeg_source_mgr source;

/* --- What the host calls --- */

#define BAND_BYTES  (1 << 19)

static struct jpeg_decompress_struct info;
static JSAMPARRAY band;
static int band_rows;
static int is_cmyk;

/* Reads up to the first scan. Returns whether scans come before rows, for which see jpeg_scan(). */
EXPORT(begin) int jpeg_begin(void)
{
  heap_end = (uintptr_t)&__heap_base;
  memset(&info, 0, sizeof(info));
  info.err = &errors;
  jpeg_create_decompress(&info);
  source = (struct jpeg_source_mgr){
    .init_source = no_work,
    .fill_input_buffer = fill_input,
    .skip_input_data = skip_input,
    .resync_to_restart = jpeg_resync_to_restart,
    .term_source = no_work,
  };
  info.src = &source;
  jpeg_read_header(&info, TRUE);
  is_cmyk = info.num_components == 4;
  info.out_color_space = is_cmyk ? JCS_CMYK : JCS_RGB;
  info.buffered_image = jpeg_has_multiple_scans(&info);
  jpeg_start_decompress(&info);
  return info.buffered_image;
}

EXPORT(width) int jpeg_width(void) { return info.image_width; }
EXPORT(height) int jpeg_height(void) { return info.image_height; }

/* Takes the next row of blocks into memory. Returns whether there is more to come. */
EXPORT(scan) int jpeg_scan(void) { return jpeg_consume_input(&info) != JPEG_REACHED_EOI; }

/* Begins to give out rows. */
EXPORT(start) void jpeg_start(void)
{
  if (info.buffered_image) jpeg_start_output(&info, info.input_scan_number);
  size_t row = (size_t)info.output_width * info.out_color_components;
  band_rows = (int)(BAND_BYTES / row);
  if (band_rows < 1) band_rows = 1;
  band = (JSAMPARRAY)malloc(band_rows * sizeof(JSAMPROW));
  uint8_t *pixels = (uint8_t *)malloc(band_rows * row);
  if (!band || !pixels) ERREXIT1(&info, JERR_OUT_OF_MEMORY, 0);
  for (int y = 0; y < band_rows; y++) band[y] = pixels + y * row;
}

/* x * y / 255, rounded. */
static inline int multiply(int x, int y)
{
  int product = x * y + 128;
  return ((product >> 8) + product) >> 8;
}

/* Inverted CMYK to RGB, every colour dimmed by black; in place, where RGB takes less room. */
static void to_rgb(uint8_t *pixels, size_t count)
{
  uint8_t *to = pixels;
  for (const uint8_t *from = pixels; count > 0; count--, from += 4, to += 3) {
    int light = from[3];
    for (int c = 0; c < 3; c++) to[c] = light - multiply(255 - from[c], light);
  }
}

/* Decodes the next rows, RGB. Returns how many; 0 after the last one. */
EXPORT(rows) int jpeg_rows(void)
{
  int count = 0;
  while (count < band_rows && info.output_scanline < info.output_height) {
    count += jpeg_read_scanlines(&info, band + count, band_rows - count);
  }
  if (is_cmyk) to_rgb(band[0], (size_t)count * info.output_width);
  return count;
}

/* Where the rows are that jpeg_rows() decoded, without gaps. */
EXPORT(pixels) uint8_t *jpeg_pixels(void) { return band[0]; }

/* Reads what follows the last row. */
EXPORT(finish) void jpeg_finish(void)
{
  if (info.buffered_image) jpeg_finish_output(&info);
  jpeg_finish_decompress(&info);
}

/* --- Parts for 12 bits a channel: such files are refused by their header, nobody calls these. --- */

#define LEFT_OUT(function, ...) \
  void function(j_decompress_ptr cinfo, ##__VA_ARGS__) \
  { ERREXIT1(cinfo, JERR_BAD_PRECISION, cinfo->data_precision); }

LEFT_OUT(j12init_color_deconverter)
LEFT_OUT(j12init_upsampler)
LEFT_OUT(j12init_inverse_dct)
LEFT_OUT(j12init_d_post_controller, boolean a)
LEFT_OUT(j12init_d_coef_controller, boolean a)
LEFT_OUT(j12init_d_main_controller, boolean a)
