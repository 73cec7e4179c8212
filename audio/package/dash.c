/* dash.c - MPD, see manifest.h. */
#include "audio/package/manifest.h"
#include "core/uuid.h"
#include <openssl/evp.h>

/* The Common PSSH box, as in the file's own moov. */
static void put_pssh(struct sg_buf *b, const uint8_t kid[16])
{
    uint8_t box[52] = "\0\0\0\x34pssh\x01\0\0\0"
                      "\x10\x77\xef\xec\xc0\xb2\x4d\x02\xac\xe3\x3c\x1e\x52\xe2\xfb\x4b"
                      "\0\0\0\x01";
    unsigned char text[80];
    memcpy(box + 32, kid, 16);
    EVP_EncodeBlock(text, box, sizeof box);
    sg_buf_printf(b, "        <cenc:pssh>%s</cenc:pssh>\n", text);
}

static void put_protection(struct sg_buf *b, const struct sg_track *t)
{
    char id[SG_UUID_CHARS + 1];
    sg_uuid_text(t->kid, id);
    sg_buf_printf(b,
                  "      <ContentProtection schemeIdUri=\"urn:mpeg:dash:mp4protection:2011\" "
                  "value=\"%s\" cenc:default_KID=\"%s\"/>\n",
                  t->protection == SG_PROTECT_CBCS ? "cbcs" : "cenc", id);
    sg_buf_printf(b, "      <ContentProtection schemeIdUri="
                     "\"urn:uuid:1077efec-c0b2-4d02-ace3-3c1e52e2fb4b\">\n");
    put_pssh(b, t->kid);
    sg_buf_printf(b,
                  "      </ContentProtection>\n      <ContentProtection schemeIdUri="
                  "\"urn:uuid:e2719d58-a985-b3c9-781a-b030af78d30e\" value=\"ClearKey1.0\" "
                  "cenc:default_KID=\"%s\"/>\n",
                  id);
}

static void put_representation(struct sg_buf *b, const struct sg_track *t, const char *folder)
{
    const struct sg_cmaf_facts *f = t->facts;
    sg_buf_printf(b,
                  "      <Representation id=\"%s\" bandwidth=\"%u\" codecs=\"%s\" "
                  "audioSamplingRate=\"%d\">\n"
                  "        <AudioChannelConfiguration schemeIdUri="
                  "\"urn:mpeg:dash:23003:3:audio_channel_configuration:2011\" value=\"%d\"/>\n",
                  t->rendition->name, sg_track_peak(t), sg_codec_string(t->rendition->codec),
                  t->sample_rate, t->channels);
    sg_buf_printf(b,
                  "        <BaseURL>%s</BaseURL>\n"
                  "        <SegmentBase timescale=\"%d\" indexRange=\"%u-%u\">\n"
                  "          <Initialization range=\"0-%u\"/>\n"
                  "        </SegmentBase>\n      </Representation>\n",
                  t->path + strlen(folder), t->sample_rate, f->init_bytes,
                  f->init_bytes + f->index_bytes - 1, f->init_bytes - 1);
}

/* Players switch within one: so a codec and a protection each has its own. */
static bool together(const struct sg_track *a, const struct sg_track *b)
{
    return a->rendition->codec == b->rendition->codec && a->protection == b->protection;
}

static void put_set(struct sg_buf *b, const struct sg_track *tracks, size_t n, size_t first,
                    const char *folder)
{
    sg_buf_printf(b,
                  "    <AdaptationSet id=\"%zu\" contentType=\"audio\" mimeType=\"audio/mp4\" "
                  "subsegmentAlignment=\"true\" subsegmentStartsWithSAP=\"1\">\n",
                  first);
    if (tracks[first].protection != SG_PROTECT_NONE)
        put_protection(b, &tracks[first]);
    for (size_t i = first; i < n; i++)
        if (together(&tracks[i], &tracks[first]))
            put_representation(b, &tracks[i], folder);
    sg_buf_puts(b, "    </AdaptationSet>\n");
}

void sg_dash(struct sg_buf *b, const struct sg_track *tracks, size_t n, const char *folder,
             int64_t duration, int rate)
{
    sg_buf_printf(b,
                  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                  "<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" xmlns:cenc=\"urn:mpeg:cenc:2013\" "
                  "profiles=\"urn:mpeg:dash:profile:isoff-on-demand:2011\" type=\"static\" "
                  "mediaPresentationDuration=\"PT%.6fS\" minBufferTime=\"PT3.84S\">\n"
                  "  <Period id=\"0\" start=\"PT0S\">\n",
                  (double)duration / rate);
    for (size_t i = 0; i < n; i++) {
        bool put = false;
        for (size_t j = 0; j < i; j++)
            put |= together(&tracks[i], &tracks[j]);
        if (!put)
            put_set(b, tracks, n, i, folder);
    }
    sg_buf_puts(b, "  </Period>\n</MPD>\n");
}
